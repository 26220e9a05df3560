//! Exceptions drafted for what a policy refuses, ready to be put into a file.
//!
//! A draft reaches the object at hand and as little else as can be said, stands where Config lets an exception stand, and
//! ends when it has to: what this writes, `read_exception` and `check_exception` find nothing wrong with. Where no
//! exception would have an effect there is no draft, but a word on what would.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::manifest::{NodeRef, quoted};
use crate::schema::kinds;

use super::{API_VERSION, Config, Date, ExceptionSettings};

/// How long one holds where nobody says.
const DAYS: u32 = 90;

/// A name in the cluster is no longer; what tells equal ones apart needs some room.
const LONGEST_NAME: usize = 240;

/// What an exception has to match to reach an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its kind.
    pub kind: Box<str>,
    /// Its namespace; `None` for an object of the cluster itself.
    pub namespace: Option<Box<str>>,
    /// Its name, with a `*` where the API server completes it; empty where it has none.
    pub name: Box<str>,
    /// The container, where it is about one.
    pub container: Option<Box<str>>,
}

impl Subject {
    /// An object that is in this namespace.
    pub fn of(object: NodeRef<'_>, namespace: Option<&str>, container: Option<Box<str>>) -> Self {
        let text = |route: &[&str]| {
            let text = object.at(route).and_then(NodeRef::as_str);
            text.filter(|text| !text.is_empty())
        };
        let name = match text(&["metadata", "name"]) {
            Some(name) => name.into(),
            None => text(&["metadata", "generateName"])
                .map(|beginning| format!("{beginning}*").into())
                .unwrap_or_default(),
        };
        Self {
            kind: text(&["kind"]).unwrap_or_default().into(),
            namespace: namespace.map(Into::into),
            name,
            container,
        }
    }

    /// An object as somebody wrote it, in the namespace in which `kubectl apply` creates it.
    pub fn written(object: NodeRef<'_>) -> Self {
        let text = |route: &[&str]| object.at(route).and_then(NodeRef::as_str);
        let group = text(&["apiVersion"]).and_then(|version| version.split_once('/'));
        let group = group.map_or("", |(group, _)| group);
        let is_namespaced = kinds::is_namespaced(group, text(&["kind"]).unwrap_or_default());
        let own = text(&["metadata", "namespace"]).filter(|name| !name.is_empty());
        let namespace = is_namespaced.then(|| own.unwrap_or("default"));
        Self::of(object, namespace, None)
    }
}

/// What an exception is to be drafted for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The policy.
    pub policy: &'a str,
    /// What stands under `policies`: the policy, or one of its validations.
    pub entry: &'a str,
    /// What could stand there instead, as a remark.
    pub instead: Option<&'a str>,
    /// The object; without one the reader fills it in.
    pub subject: Option<&'a Subject>,
    /// The clusters it is for; empty for all.
    pub clusters: &'a [&'a str],
    /// Why; without a reason the reader fills one in.
    pub reason: Option<&'a str>,
    /// The last day that is asked for.
    pub until: Option<Date>,
}

/// A drafted exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// `<namespace>/<name>`.
    pub name: String,
    /// The document; `None` where the same has been drafted under this name before.
    pub text: Option<String>,
}

/// Why there is no exception to draft. Its text says what helps instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoException {
    /// The object lives in no namespace, and Config names none from which exceptions reach everything.
    OfCluster,
    /// The policy is a native one, which somebody else enforces too: the API server, or Kyverno.
    Native,
    /// The policy judges the repository.
    Repository,
}

impl fmt::Display for NoException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OfCluster => {
                "no exception reaches an object of the cluster itself as long as Config names no namespace for \
                 exceptions: name one under `exceptions.allowedNamespaces`"
            }
            Self::Native => {
                "whoever enforces a native policy in the cluster knows no exceptions of kpolicy: change what the policy \
                 or its binding matches"
            }
            Self::Repository => {
                "exceptions are for objects, and this policy judges the repository: enforce it no harder than `warn` in \
                 Config, and write comments"
            }
        })
    }
}

/// Drafts exceptions that can stand beside each other.
#[derive(Debug)]
pub struct Drafter<'a> {
    settings: &'a ExceptionSettings,
    today: Option<Date>,
    /// The names that are taken, `<namespace>/<name>`.
    taken: BTreeSet<String>,
    /// What was drafted, by what it reaches.
    drafted: BTreeMap<String, String>,
}

impl<'a> Drafter<'a> {
    /// One that drafts beside exceptions of these names (`<namespace>/<name>`). Without a day the reader fills in the end.
    pub fn new<'n>(
        config: &'a Config,
        today: Option<Date>,
        taken: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        Self {
            settings: &config.exceptions,
            today,
            taken: taken.into_iter().map(str::to_owned).collect(),
            drafted: BTreeMap::new(),
        }
    }

    /// The exception for one object.
    pub fn draft(&mut self, wanted: &Wanted<'_>) -> Result<Draft, NoException> {
        let home = self.home(wanted.subject)?;
        let entry = quoted(wanted.entry);
        let matches = matches(wanted);
        let reach = format!("{home}\n{entry}\n{matches}");
        if let Some(name) = self.drafted.get(&reach) {
            return Ok(Draft {
                name: name.clone(),
                text: None,
            });
        }
        let name = self.free_name(home, wanted);
        let full = format!("{home}/{name}");
        self.taken.insert(full.clone());
        self.drafted.insert(reach, full.clone());
        let instead = wanted.instead.map(|instead| format!(" # {instead}"));
        let reason = wanted.reason.unwrap_or("why this one may");
        let expires = self.expires(wanted.until);
        let expires = expires.map_or_else(|| "YYYY-MM-DD".to_owned(), |day| day.to_string());
        let text = format!(
            "apiVersion: {API_VERSION}\n\
             kind: PolicyException\n\
             metadata: {{name: {name}, namespace: {home}}}\n\
             spec:\n\
             \x20 policies: [{entry}]{instead}\n\
             \x20 match: {{{matches}}}\n\
             \x20 reason: {reason}\n\
             \x20 owner: who answers for it\n\
             \x20 expires: \"{expires}\" # the last day on which it holds\n",
            name = quoted(&name),
            home = quoted(home),
            instead = instead.unwrap_or_default(),
            reason = quoted(reason),
        );
        Ok(Draft {
            name: full,
            text: Some(text),
        })
    }

    /// The namespace it has to be in.
    fn home<'s>(&self, subject: Option<&'s Subject>) -> Result<&'s str, NoException>
    where
        'a: 's,
    {
        let central = self.settings.allowed_namespaces.first();
        match (central, subject) {
            (Some(central), _) => Ok(central),
            (None, None) => Ok("NAMESPACE"),
            (None, Some(subject)) => subject.namespace.as_deref().ok_or(NoException::OfCluster),
        }
    }

    /// Its end: as late as is asked for and allowed.
    fn expires(&self, until: Option<Date>) -> Option<Date> {
        let today = self.today?;
        let longest = self.settings.max_lifetime_days.unwrap_or(u32::MAX);
        let wanted = until.unwrap_or_else(|| today.after(DAYS));
        Some(wanted.min(today.after(longest)))
    }

    /// A name that the API server takes and that nothing here has yet.
    fn free_name(&self, home: &str, wanted: &Wanted<'_>) -> String {
        let stem = match wanted.subject {
            None => format!("NAME-{}", wanted.policy),
            Some(subject) => valid_name(&[&subject.name, wanted.policy]),
        };
        let is_free = |name: &String| !self.taken.contains(&format!("{home}/{name}"));
        let more = (2_usize..).map(|number| format!("{stem}-{number}"));
        let mut names = std::iter::once(stem.clone()).chain(more);
        names.find(is_free).unwrap_or_else(|| stem.clone())
    }
}

/// What `match` says.
fn matches(wanted: &Wanted<'_>) -> String {
    let mut parts = Vec::new();
    let mut list = |key: &str, words: &[&str]| {
        let words = words.iter().filter(|word| !word.is_empty());
        let words: Vec<String> = words.map(|word| quoted(word)).collect();
        if !words.is_empty() {
            parts.push(format!("{key}: [{}]", words.join(", ")));
        }
    };
    list("clusters", wanted.clusters);
    if let Some(subject) = wanted.subject {
        list(
            "namespaces",
            &[subject.namespace.as_deref().unwrap_or_default()],
        );
        list("kinds", &[&subject.kind]);
        list("names", &[&subject.name]);
        list(
            "containers",
            &[subject.container.as_deref().unwrap_or_default()],
        );
    } else {
        list("namespaces", &["NAMESPACE"]);
        list("names", &["NAME"]);
    }
    parts.join(", ")
}

/// A name of an object (an RFC 1123 subdomain) out of such parts.
fn valid_name(parts: &[&str]) -> String {
    let text = parts.join("-").to_ascii_lowercase();
    let text: String = text
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' | '.' => c,
            _ => '-',
        })
        .take(LONGEST_NAME)
        .collect();
    let labels = text.split('.').map(|label| {
        let words = label.split('-').filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("-")
    });
    let labels: Vec<String> = labels.filter(|label| !label.is_empty()).collect();
    if labels.is_empty() {
        "exception".to_owned()
    } else {
        labels.join(".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{check_exception, read_exception};
    use crate::manifest::{Dialect, Limits, Severity, read};
    use crate::source::SourceId;

    const TODAY: Date = Date {
        year: 2026,
        month: 11,
        day: 21,
    };

    fn config(allowed: &[&str], longest: Option<u32>) -> Config {
        let settings = ExceptionSettings {
            paths: Vec::new(),
            max_lifetime_days: longest,
            allowed_namespaces: allowed.iter().map(|&name| name.into()).collect(),
        };
        Config {
            exceptions: settings,
            ..Config::default()
        }
    }

    fn subject(
        kind: &str,
        namespace: Option<&str>,
        name: &str,
        container: Option<&str>,
    ) -> Subject {
        Subject {
            kind: kind.into(),
            namespace: namespace.map(Into::into),
            name: name.into(),
            container: container.map(Into::into),
        }
    }

    fn wanted(subject: &Subject) -> Wanted<'_> {
        Wanted {
            policy: "acr-only",
            entry: "acr-only/registry",
            instead: None,
            subject: Some(subject),
            clusters: &["app1"],
            reason: None,
            until: None,
        }
    }

    #[test]
    fn a_draft_is_an_exception_with_which_nothing_is_wrong() {
        let subjects = [
            subject("Pod", Some("shop"), "web", Some("main")),
            subject("CronJob", Some("on"), "7", None),
            subject("Pod", Some("shop"), "web-*", None),
            subject("Deployment", Some("a.b"), "null", Some("y")),
            subject("ClusterRole", None, "system:a/b \\ \"c\"", None),
            subject("Namespace", None, "shop", None),
        ];
        let day = |text: &str| Date::parse(text).expect("a day");
        for (allowed, longest, until, expected) in [
            (&[][..], None, None, "2027-02-19"),
            (&["central", "other"], Some(30), None, "2026-12-21"),
            (&["true"], Some(300), Some(day("2027-01-31")), "2027-01-31"),
            (&["central"], Some(7), Some(day("2027-01-31")), "2026-11-28"),
            (
                &["central"],
                Some(u32::MAX),
                Some(day("9999-12-31")),
                "9999-12-31",
            ),
        ] {
            let config = config(allowed, longest);
            let mut drafter = Drafter::new(&config, Some(TODAY), []);
            for subject in &subjects {
                let reason = "it says \"no\" \\ 'yes': # {ünï}\n- [a], *b &c !d";
                let wanted = Wanted {
                    reason: Some(reason),
                    until,
                    ..wanted(subject)
                };
                let draft = match drafter.draft(&wanted) {
                    Ok(draft) => draft,
                    Err(no) => {
                        assert_eq!(no, NoException::OfCluster);
                        assert!(allowed.is_empty() && subject.namespace.is_none());
                        continue;
                    }
                };
                let text = draft.text.expect("a text");
                let read = read(SourceId(0), &text, Dialect::Kubectl, &Limits::default());
                assert_eq!(read.problems, [], "{text}");
                let mut problems = Vec::new();
                let exception = read_exception(&read.documents[0], &mut problems).expect(&text);
                problems.extend(check_exception(&exception, &config, TODAY));
                problems.retain(|problem| problem.severity == Severity::Error);
                assert_eq!(problems, [], "{text}");
                assert_eq!(&*exception.name, draft.name);
                assert_eq!(&*exception.reason, reason.replace('\n', " "), "{text}");
                assert_eq!(exception.expires.to_string(), expected);
                let matches = &exception.matches;
                let namespaces: Vec<&str> =
                    matches.namespaces.iter().map(|name| &*name.value).collect();
                assert_eq!(namespaces.first().copied(), subject.namespace.as_deref());
                assert_eq!(*matches.kinds[0].value, *subject.kind);
                assert_eq!(matches.names, std::slice::from_ref(&subject.name));
                assert_eq!(matches.containers.first(), subject.container.as_ref());
                assert_eq!(*matches.clusters[0].value, *"app1");
            }
        }
    }

    #[test]
    fn no_two_drafts_share_a_name_and_none_is_written_twice() {
        let config = config(&["central"], None);
        let mut drafter = Drafter::new(&config, Some(TODAY), ["central/web-acr-only"]);
        let subjects = [
            subject("Pod", Some("shop"), "web", Some("a")),
            subject("Pod", Some("shop"), "web", Some("b")),
            subject("Pod", Some("lab"), "web", Some("a")),
            subject("Job", Some("lab"), "web", Some("a")),
        ];
        let mut names = |subjects: &[Subject]| -> Vec<(String, bool)> {
            let drafts = subjects
                .iter()
                .map(|one| drafter.draft(&wanted(one)).expect("a draft"));
            drafts.map(|one| (one.name, one.text.is_some())).collect()
        };
        let expected: Vec<_> = (2..6)
            .map(|number| format!("central/web-acr-only-{number}"))
            .collect();
        let with = |is_new: bool| {
            expected
                .iter()
                .map(|name| (name.clone(), is_new))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&subjects), with(true));
        assert_eq!(names(&subjects), with(false));
    }

    #[test]
    fn a_name_is_one_that_the_api_server_takes() {
        for (parts, expected) in [
            (&["web", "acr-only"][..], "web-acr-only"),
            (&["web-*", "acr-only"], "web-acr-only"),
            (&["system:kube-dns", "p"], "system-kube-dns-p"),
            (&["A.:b", "p"], "a.b-p"),
            (&["", "p"], "p"),
            (&["ünï", ""], "n"),
            (&["::"], "exception"),
        ] {
            assert_eq!(valid_name(parts), expected);
        }
        assert_eq!(valid_name(&[&"a".repeat(300), "p"]).len(), LONGEST_NAME);
    }
}
