//! What stands beside an example, in the form in which its reader can use it: Config as Config is read, objects as
//! documents.
//!
//! Cases hold all of it in one `context`, by words that are those of tests. The author's own lines are kept where they mean
//! the same in their new place; what cannot be cut out of the text is written as JSON, which is YAML too.

use crate::manifest::{
    Dialect, Document, Limits, ListRef, MapRef, NodeRef, quoted, read, write_json,
};
use crate::source::SourceId;

/// What a part is headed by.
pub(super) fn heading(what: &str) -> &str {
    match what {
        "before" => "Where this stood before",
        "config" => "With this in Config",
        "objects" => "Beside these objects, here in `objects.yaml`",
        "request" => "In this request",
        other => other,
    }
}

/// What stands beside a case of a policy, by what it is (`before`, `config`, `objects`, `request`), from the texts of its
/// context and its request.
pub fn beside(policy: &str, context: Option<&str>, request: Option<&str>) -> Vec<(String, String)> {
    let mut parts = Vec::new();
    let mut put = |what: &str, text: Option<String>| {
        parts.extend(text.map(|text| (what.to_owned(), text)));
    };
    let document = context.and_then(document);
    if let Some((context, document)) = context.zip(document.as_ref()) {
        let value = |key: &str| {
            let value = document.root().get(key);
            value.filter(|value| !value.is_null())
        };
        let before = value("oldObject").map(|old| {
            let text = under(context, "oldObject").filter(|text| is(text, old));
            text.unwrap_or_else(|| one_line(old))
        });
        put("before", before);
        put("config", config(policy, context, &value));
        put("objects", objects(context, value("resources")));
    }
    put("request", request.map(str::to_owned));
    parts
}

fn document(text: &str) -> Option<Document> {
    let reading = read(SourceId(0), text, Dialect::Kubectl, &Limits::default());
    reading.documents.into_iter().next()
}

/// Whether a text says the same as a value.
fn is(text: &str, value: NodeRef<'_>) -> bool {
    document(text).is_some_and(|document| document.root().same_value(value))
}

fn one_line(value: NodeRef<'_>) -> String {
    format!("{}\n", write_json(value))
}

/// The parameters, and what is known of the namespace and the release, as Config says it; `None` where nothing of it is
/// set.
fn config<'v>(
    policy: &str,
    context: &str,
    value: &dyn Fn(&str) -> Option<NodeRef<'v>>,
) -> Option<String> {
    let name = quoted(policy);
    let parameters = value("params").map(|params| {
        let head = format!("policies:\n  {name}:\n    enforcement: deny\n");
        let text = chunk(context, "params").map(|lines| {
            let lines = lines.iter().map(|line| format!("    {line}\n"));
            head.clone() + &lines.collect::<String>()
        });
        let means = |text: &String| {
            document(text).is_some_and(|document| {
                let found = document.root().at(&["policies", policy, "params"]);
                found.is_some_and(|found| found.same_value(params))
            })
        };
        text.filter(means)
            .unwrap_or_else(|| format!("{head}    params: {}", one_line(params)))
    });
    let namespace = value("namespace").filter(|_| !has_namespace(value("resources")));
    let namespace = namespace.and_then(|namespace| {
        let name = namespace.get("name").and_then(NodeRef::as_str)?;
        let labels = namespace.get("labels").and_then(NodeRef::as_map);
        let labels = labels.into_iter().flat_map(MapRef::iter);
        let label = |value: NodeRef<'_>| quoted(value.as_str().unwrap_or_default());
        let labels = labels.map(|entry| format!("{}: {}", quoted(entry.key), label(entry.value)));
        let labels: Vec<String> = labels.collect();
        Some(format!(
            "namespaces:\n  - {{names: [{}], labels: {{{}}}}}\n",
            quoted(name),
            labels.join(", ")
        ))
    });
    let release = value("kubernetesVersion").and_then(NodeRef::as_str);
    let release = release.map(|release| {
        format!("clusters:\n  - {{name: here, kubernetesVersion: \"{release}\"}}\n")
    });
    if parameters.is_none() && namespace.is_none() && release.is_none() {
        return None;
    }
    let strength = || format!("policies:\n  {name}: {{enforcement: deny}}\n");
    let parts = [
        Some(parameters.unwrap_or_else(strength)),
        namespace,
        release,
    ];
    Some(parts.into_iter().flatten().collect())
}

/// Whether the Namespace itself stands among the other objects: then that says what it is like.
fn has_namespace(resources: Option<NodeRef<'_>>) -> bool {
    let list = resources.and_then(NodeRef::as_list);
    let mut kinds = list
        .into_iter()
        .flat_map(ListRef::iter)
        .filter_map(|object| object.get("kind").and_then(NodeRef::as_str));
    kinds.any(|kind| kind == "Namespace")
}

/// The other objects, each as a document; `None` where there are none.
fn objects(context: &str, resources: Option<NodeRef<'_>>) -> Option<String> {
    let values: Vec<NodeRef<'_>> = resources?.as_list()?.iter().collect();
    if values.is_empty() {
        return None;
    }
    let texts = under(context, "resources").map(|text| items(&text));
    let texts = texts.filter(|texts| {
        let mut pairs = texts.iter().zip(&values);
        texts.len() == values.len() && pairs.all(|(text, value)| is(text, *value))
    });
    let texts = texts.unwrap_or_else(|| values.iter().map(|value| one_line(*value)).collect());
    Some(texts.join("---\n"))
}

/// The lines of a key of the outermost map with its value.
fn chunk<'t>(text: &'t str, key: &str) -> Option<Vec<&'t str>> {
    let begins = |line: &&str| {
        let rest = line.strip_prefix(key);
        rest.is_some_and(|rest| rest.starts_with(':'))
    };
    let mut lines = text.lines().skip_while(|line| !begins(line));
    let first = lines.next()?;
    let belongs = |line: &&str| line.is_empty() || line.starts_with([' ', '-', '#', '}', ']']);
    let mut lines: Vec<&str> = std::iter::once(first)
        .chain(lines.take_while(belongs))
        .collect();
    // What is said above the next key is said of that.
    while lines
        .last()
        .is_some_and(|line| line.is_empty() || line.starts_with('#'))
    {
        lines.pop();
    }
    Some(lines)
}

/// The value of a key of the outermost map, as a text of its own.
fn under(text: &str, key: &str) -> Option<String> {
    let lines = chunk(text, key)?;
    let (first, rest) = lines.split_first()?;
    let inline = first.split_once(':').map_or("", |(_, value)| value.trim());
    let depth = |line: &&str| line.len() - line.trim_start().len();
    let filled = rest.iter().filter(|line| !line.trim().is_empty());
    let common = filled.map(depth).min().unwrap_or(0);
    let inline = Some(inline).filter(|inline| !inline.is_empty() && !inline.starts_with('#'));
    let rest = rest
        .iter()
        .map(|line| line.get(common..).unwrap_or_default());
    let lines = inline.into_iter().chain(rest);
    Some(lines.flat_map(|line| [line, "\n"]).collect())
}

/// The items of a list that is written with dashes.
fn items(list: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in list.lines() {
        let begins = line.starts_with("- ");
        if begins || items.is_empty() {
            items.push(String::new());
        }
        if let Some(item) = items.last_mut() {
            item.push_str(line.get(2..).unwrap_or_default());
            item.push('\n');
        }
    }
    items
}
