//! The grammar: for each kind of value, how an expression of that kind is written.
//!
//! A template is text with holes: `{Bool}` takes an expression of that kind, `{x=Item}` makes up a name that the rest
//! of the template may use for a value of that kind.

use super::Random;

/// What an expression gives. The names stand in the holes of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Int,
    Double,
    Text,
    Ints,
    Texts,
    Labels,
    Counts,
    Items,
    Item,
    /// A boolean that is read from what is never mutated: it only chooses where to look.
    Guard,
    /// A key of `labels`, chosen likewise.
    Key,
    /// An optional text.
    Perhaps,
    Any,
    Uint,
    Bytes,
    Duration,
    Time,
    Type,
    Quantity,
}

const KINDS: [(&str, Kind); 20] = [
    ("Bool", Kind::Bool),
    ("Int", Kind::Int),
    ("Double", Kind::Double),
    ("Text", Kind::Text),
    ("Ints", Kind::Ints),
    ("Texts", Kind::Texts),
    ("Labels", Kind::Labels),
    ("Counts", Kind::Counts),
    ("Items", Kind::Items),
    ("Item", Kind::Item),
    ("Guard", Kind::Guard),
    ("Key", Kind::Key),
    ("Perhaps", Kind::Perhaps),
    ("Any", Kind::Any),
    ("Uint", Kind::Uint),
    ("Bytes", Kind::Bytes),
    ("Duration", Kind::Duration),
    ("Time", Kind::Time),
    ("Type", Kind::Type),
    ("Quantity", Kind::Quantity),
];

/// The object that the expressions read.
pub(crate) const OBJECT: &str = r#"{
    "n": 3, "m": -2, "zero": 0, "f": 1.5, "t": "web", "u": "web-2", "empty": "", "yes": true, "no": false, "nul": null,
    "nums": [1, 2, 3], "none": [], "texts": ["a", "web", "b"],
    "labels": {"app": "web", "tier": "gold", "a/b": ""}, "counts": {"a": 1, "b": 2},
    "deep": {"er": {"yes": true, "n": 7, "t": "down"}},
    "items": [
        {"name": "web", "n": 1, "on": true, "kind": "x", "tags": ["x", "y"], "sub": {"k": "v", "n": 1}, "opt": "o"},
        {"name": "b", "n": 5, "on": false, "kind": "y", "tags": [], "sub": {"k": "w"}},
        {"name": "web", "n": 2, "on": true, "kind": "x", "tags": ["y"], "sub": {"n": 2}}
    ],
    "guard": {"yes": true, "no": false, "n": 2, "key": "app", "t": "web"}
}"#;

/// How expressions are written.
pub(crate) struct Grammar {
    /// Texts without holes.
    pub(crate) leaves: &'static [(Kind, &'static str)],
    pub(crate) templates: &'static [(Kind, &'static str)],
}

impl Grammar {
    /// An expression of a kind, at most about `depth` templates deep.
    pub(crate) fn expression(&self, random: &mut Random, kind: Kind, depth: usize) -> String {
        self.write(random, kind, depth, &mut Vec::new())
    }

    fn write(
        &self,
        random: &mut Random,
        kind: Kind,
        depth: usize,
        names: &mut Vec<Kind>,
    ) -> String {
        let locals: Vec<usize> = (0..names.len()).filter(|at| names[*at] == kind).collect();
        if !locals.is_empty() && !random.once_in(3) {
            return format!("v{}", random.pick(&locals));
        }
        let fitting = |table: &'static [(Kind, &'static str)]| -> Vec<&'static str> {
            table
                .iter()
                .filter(|(own, _)| *own == kind)
                .map(|(_, text)| *text)
                .collect()
        };
        let templates = fitting(self.templates);
        if depth > 0 && !templates.is_empty() && !random.once_in(6) {
            let template = *random.pick(&templates);
            let before = names.len();
            let text = self.fill(random, template, depth - 1, names);
            names.truncate(before);
            return text;
        }
        (*random.pick(&fitting(self.leaves))).to_owned()
    }

    fn fill(
        &self,
        random: &mut Random,
        template: &str,
        depth: usize,
        names: &mut Vec<Kind>,
    ) -> String {
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, hole)) = rest.split_once('{') {
            text.push_str(before);
            // Anything else in braces is a map of the language itself.
            let Some((name, after)) = hole
                .split_once('}')
                .filter(|(name, _)| name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'='))
            else {
                text.push('{');
                rest = hole;
                continue;
            };
            rest = after;
            let kind = |name: &str| {
                let known = KINDS.iter().find(|(known, _)| *known == name);
                known.map(|(_, kind)| *kind)
            };
            match (name.strip_prefix("x="), kind(name)) {
                (Some(bound), _) => {
                    text.push('v');
                    text.push_str(&names.len().to_string());
                    names.push(kind(bound).expect("a kind"));
                }
                (None, Some(kind)) => text.push_str(&self.write(random, kind, depth, names)),
                (None, None) => panic!("`{name}` is no kind"),
            }
        }
        text + rest
    }
}

/// For blame: what chooses where to look (a condition of `?:` or of `filter`, a computed key) reads `object.guard` or a
/// `kind` only.
pub(crate) const BLAME: Grammar = Grammar {
    leaves: &[
        (Kind::Bool, "object.yes"),
        (Kind::Bool, "object.no"),
        (Kind::Bool, "object.deep.er.yes"),
        (Kind::Bool, "object.items[1].on"),
        (Kind::Bool, "has(object.f)"),
        (Kind::Bool, "has(object.gone)"),
        (Kind::Bool, "has(object.deep.gone)"),
        (Kind::Bool, "false"),
        (Kind::Bool, "variables.web"),
        (Kind::Int, "object.n"),
        (Kind::Int, "object.m"),
        (Kind::Int, "object.zero"),
        (Kind::Int, "object.deep.er.n"),
        (Kind::Int, "object.items[0].n"),
        (Kind::Int, "2"),
        (Kind::Int, "variables.sum"),
        (Kind::Double, "object.f"),
        (Kind::Double, "1.5"),
        (Kind::Text, "object.t"),
        (Kind::Text, "object.u"),
        (Kind::Text, "object.empty"),
        (Kind::Text, "object.deep.er.t"),
        (Kind::Text, "object.labels.tier"),
        (Kind::Text, "'web'"),
        (Kind::Ints, "object.nums"),
        (Kind::Ints, "object.none"),
        (Kind::Ints, "[object.n, 2]"),
        (Kind::Texts, "object.texts"),
        (Kind::Texts, "object.items[0].tags"),
        (Kind::Texts, "['web', object.t]"),
        (Kind::Texts, "variables.names"),
        (Kind::Labels, "object.labels"),
        (Kind::Labels, "{'app': object.t, 'k': 'v'}"),
        (Kind::Counts, "object.counts"),
        (Kind::Items, "object.items"),
        (Kind::Items, "[object.items[0]]"),
        (Kind::Items, "variables.xs"),
        (Kind::Item, "object.items[1]"),
        (Kind::Guard, "object.guard.yes"),
        (Kind::Guard, "object.guard.no"),
        (Kind::Guard, "object.guard.n > 1"),
        (Kind::Key, "object.guard.key"),
        (Kind::Key, "'tier'"),
        (Kind::Perhaps, "object.?t"),
        (Kind::Perhaps, "object.?gone"),
        (Kind::Perhaps, "object.?labels.?tier"),
        (Kind::Perhaps, "object.labels[?'nope']"),
        (Kind::Perhaps, "optional.of(object.u)"),
    ],
    templates: &[
        (Kind::Bool, "({Bool} && {Bool})"),
        (Kind::Bool, "({Bool} || {Bool})"),
        (Kind::Bool, "({Bool} && {Bool} && {Bool})"),
        (Kind::Bool, "({Bool} || {Bool} || {Bool})"),
        (Kind::Bool, "!{Bool}"),
        (Kind::Bool, "({Guard} ? {Bool} : {Bool})"),
        (Kind::Bool, "{Bool} == {Bool}"),
        (Kind::Bool, "({Int} == {Int})"),
        (Kind::Bool, "({Int} != {Int})"),
        (Kind::Bool, "({Int} < {Int})"),
        (Kind::Bool, "({Int} >= {Int})"),
        (Kind::Bool, "({Double} <= {Double})"),
        (Kind::Bool, "({Int} in {Ints})"),
        (Kind::Bool, "({Text} == {Text})"),
        (Kind::Bool, "({Text} != {Text})"),
        (Kind::Bool, "({Text} in {Texts})"),
        (Kind::Bool, "({Text} in {Labels})"),
        (Kind::Bool, "({Key} in {Labels})"),
        (Kind::Bool, "({Ints} == {Ints})"),
        (Kind::Bool, "({Labels} == {Labels})"),
        (Kind::Bool, "({Texts} != {Texts})"),
        (Kind::Bool, "has({Item}.opt)"),
        (Kind::Bool, "has({Item}.sub.n)"),
        (Kind::Bool, "has({Item}.sub)"),
        (Kind::Bool, "{Item}.on"),
        (Kind::Bool, "{Text}.startsWith({Text})"),
        (Kind::Bool, "{Text}.contains({Text})"),
        (Kind::Bool, "{Text}.matches('^[a-w]+$')"),
        (Kind::Bool, "{Items}.all({x=Item}, {Bool})"),
        (Kind::Bool, "{Items}.exists({x=Item}, {Bool})"),
        (Kind::Bool, "{Items}.exists_one({x=Item}, {Bool})"),
        (Kind::Bool, "{Items}.all({x=Int}, {x=Item}, {Bool})"),
        (Kind::Bool, "{Items}.existsOne({x=Int}, {x=Item}, {Bool})"),
        (Kind::Bool, "{Ints}.all({x=Int}, {Bool})"),
        (Kind::Bool, "{Ints}.exists({x=Int}, {Bool})"),
        (Kind::Bool, "{Texts}.all({x=Text}, {Bool})"),
        (Kind::Bool, "{Texts}.exists({x=Text}, {Bool})"),
        (Kind::Bool, "{Texts}.exists_one({x=Text}, {Bool})"),
        (Kind::Bool, "{Labels}.all({x=Text}, {Bool})"),
        (Kind::Bool, "{Labels}.exists({x=Text}, {Bool})"),
        (Kind::Bool, "{Labels}.all({x=Text}, {x=Text}, {Bool})"),
        (Kind::Bool, "{Labels}.exists({x=Text}, {x=Text}, {Bool})"),
        (Kind::Bool, "{Counts}.existsOne({x=Text}, {x=Int}, {Bool})"),
        (
            Kind::Bool,
            "({Items}.filter({x=Item}, {Bool}).size() == {Int})",
        ),
        (Kind::Bool, "({Items}.filter({x=Item}, {Bool}).size() > 0)"),
        (Kind::Bool, "({Items}.filter({x=Item}, {Bool}).size() <= 1)"),
        (
            Kind::Bool,
            "(size({Texts}.filter({x=Text}, {Bool})) == size({Texts}))",
        ),
        (Kind::Bool, "({Ints}.max() < {Int})"),
        (Kind::Bool, "({Ints}.min() < {Int})"),
        (Kind::Bool, "({Ints}.max() >= {Int})"),
        (Kind::Bool, "{Ints}.isSorted()"),
        (Kind::Bool, "sets.contains({Ints}, {Ints})"),
        (Kind::Bool, "{Perhaps}.hasValue()"),
        (
            Kind::Bool,
            "{Perhaps}.optMap({x=Text}, {Bool}).orValue({Bool})",
        ),
        (Kind::Int, "({Int} + {Int})"),
        (Kind::Int, "({Int} - {Int})"),
        (Kind::Int, "({Int} % {Int})"),
        (Kind::Int, "size({Texts})"),
        (Kind::Int, "size({Text})"),
        (Kind::Int, "size({Items})"),
        (Kind::Int, "{Item}.n"),
        (Kind::Int, "{Item}.sub.n"),
        (Kind::Int, "{Item}.sub.?n.orValue({Int})"),
        (Kind::Int, "({Guard} ? {Int} : {Int})"),
        (Kind::Int, "{Ints}.sum()"),
        (Kind::Int, "{Text}.indexOf('e')"),
        (Kind::Double, "double({Int})"),
        (Kind::Text, "({Text} + {Text})"),
        (Kind::Text, "{Item}.name"),
        (Kind::Text, "{Item}.sub.k"),
        (Kind::Text, "{Labels}[{Key}]"),
        (Kind::Text, "{Perhaps}.orValue({Text})"),
        (Kind::Text, "{Text}.replace('w', 'v')"),
        (Kind::Text, "{Texts}.join('-')"),
        (Kind::Text, "string({Int})"),
        (Kind::Ints, "{Items}.map({x=Item}, {Int})"),
        (Kind::Ints, "{Ints}.map({x=Int}, {Int})"),
        (Kind::Ints, "({Ints} + {Ints})"),
        (Kind::Ints, "[{Int}, {Int}]"),
        (Kind::Ints, "({Guard} ? {Ints} : {Ints})"),
        (
            Kind::Ints,
            "{Counts}.transformList({x=Text}, {x=Int}, {Int})",
        ),
        (Kind::Texts, "{Items}.map({x=Item}, {Text})"),
        (
            Kind::Texts,
            "{Items}.filter({x=Item}, {Guard}).map({x=Item}, {Text})",
        ),
        (Kind::Texts, "{Texts}.filter({x=Text}, {Guard})"),
        (Kind::Texts, "{Item}.tags"),
        (Kind::Texts, "[{Text}, {Text}]"),
        (Kind::Texts, "{Labels}.map({x=Text}, {Text})"),
        (Kind::Texts, "{Items}.map({x=Item}, {Item}.tags).flatten()"),
        (
            Kind::Labels,
            "{Labels}.transformMap({x=Text}, {x=Text}, {Text})",
        ),
        (
            Kind::Counts,
            "{Labels}.transformMap({x=Text}, {x=Text}, {Int})",
        ),
        (Kind::Items, "{Items}.filter({x=Item}, {Guard})"),
        (Kind::Items, "({Items} + {Items})"),
        (Kind::Items, "[{Item}, {Item}]"),
        (Kind::Perhaps, "{Item}.?opt"),
        (Kind::Perhaps, "{Item}.?sub.?k"),
        (Kind::Perhaps, "{Perhaps}.or({Perhaps})"),
        (Kind::Perhaps, "{Perhaps}.optMap({x=Text}, {Text})"),
        (Kind::Perhaps, "{Labels}[?{Key}]"),
        (Kind::Guard, "{Item}.kind == 'x'"),
        (Kind::Guard, "({Guard} && {Guard})"),
    ],
};
