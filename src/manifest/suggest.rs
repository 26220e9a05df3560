//! "Did you mean": the known word nearest to a wrong one.

/// The candidate that `word` was probably meant to be, if one is near enough: a slip or two of the keyboard,
/// or the same word in another case. Of equally near ones the first.
pub fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let distance = strsim::osa_distance(&lower, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, candidate)| {
            let longest = word.chars().count().max(candidate.chars().count());
            *distance <= (longest / 3).clamp(1, 3) && *distance < longest
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean" with the nearest candidate, or else what there is to choose from, while that is short.
pub fn suggestion<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str> + Clone,
) -> Option<String> {
    if let Some(near) = closest(word, candidates.clone()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let known = words(candidates);
    (!known.is_empty() && known.len() <= 200).then(|| format!("known here: {known}"))
}

/// Words in backticks, with commas between them.
pub fn words<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["severity", "validations", "title", "a"];
        for (word, meant) in [
            ("severty", Some("severity")),
            ("Severity", Some("severity")),
            ("validation", Some("validations")),
            ("valdiations", Some("validations")),
            ("tilte", Some("title")),
            ("owner", None),
            ("b", None),
        ] {
            assert_eq!(closest(word, known), meant, "{word}");
        }
    }

    #[test]
    fn without_a_near_word_the_known_ones_are_listed() {
        assert_eq!(
            suggestion("zebra", ["deny", "warn"]).as_deref(),
            Some("known here: `deny`, `warn`")
        );
        assert_eq!(suggestion("zebra", []), None);
    }
}
