//! The conditions under which the API server sends a request that a rule matches.
//!
//! They may only drop what the judge would not judge, and they must never fail: an error follows the failure policy of
//! the webhook, not of a policy. So nothing is read that may be absent, `object` and `oldObject` may be null, and what
//! is compared is what `judge::who` compares.

use std::collections::BTreeMap;

use crate::policy::Operation;
use crate::schema::controllers::{MAKERS, MANAGER, Maker};
use crate::schema::kinds;
use crate::schema::templates::PodTemplateCrd;

use super::changes::{OTHER_CONTROLLER, OTHER_LABELS, content_differs, template_differs};
use super::expression::{any, literal, not, one_of};
use super::needs::{About, By, Need, TemplateKind, template_kinds};
use super::pattern::{EVERY_OPERATION, Operations, Pattern, any_of};
use super::vital;

/// One condition: all must be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) name: &'static str,
    /// CEL; lines are broken where it reads best.
    pub(super) expression: String,
}

impl Condition {
    pub(super) const fn new(name: &'static str, expression: String) -> Self {
        Self { name, expression }
    }
}

/// Who kpolicy is in the cluster, and whom it leaves alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own<'o> {
    /// The namespace in which kpolicy runs.
    pub(super) namespace: &'o str,
    /// Users that change the scale of workloads as they were told to.
    pub(super) autoscalers: &'o [&'o str],
}

/// Who asks.
const USER: &str = "request.userInfo.username";

/// What names a controller: nothing but its Pods is mutated.
const CLAIMED: &str = "object.?metadata.?ownerReferences.orValue([]).exists(owner, owner.?controller.orValue(false) == true)";

/// The conditions of an entry for validations.
pub(super) fn validating(needs: &[Need], crds: &[PodTemplateCrd], own: Own<'_>) -> Vec<Condition> {
    let mut all = shared(needs, own);
    all.extend(not_made(needs, crds));
    all.extend(changed(needs, crds));
    all
}

/// The conditions of the entry for mutations. Native policies mutate whatever they match; ours leave alone what is being
/// deleted, what another object made, and a pod template that did not change.
pub(super) fn mutating(needs: &[Need], crds: &[PodTemplateCrd], own: Own<'_>) -> Vec<Condition> {
    let mut all = shared(needs, own);
    let Some(native) = native(needs, None) else {
        return all;
    };
    if needs.iter().all(|need| need.by == By::Native) {
        return all;
    }
    let mut add = |name: &'static str, alternatives: &[&str]| {
        let alternatives = native
            .iter()
            .map(String::as_str)
            .chain(alternatives.iter().copied());
        let text = alternatives.collect::<Vec<_>>().join(" ||\n");
        all.push(Condition::new(name, text));
    };
    let made = format!("object == null || !{CLAIMED}");
    let pod = "request.resource.group == '' && request.resource.resource == 'pods'";
    add("not-made-by-a-controller", &[pod, &made]);
    add(
        "not-being-deleted",
        &["object == null || !object.?metadata.?deletionTimestamp.hasValue()"],
    );
    if needs
        .iter()
        .any(|need| need.by != By::Native && need.has(Operation::Update))
    {
        let kinds = template_kinds(crds);
        let differs = template_differs(&kinds.iter().collect::<Vec<_>>());
        let given = "request.operation != 'UPDATE' || object == null || oldObject == null";
        add("changed", &[given, &differs]);
    }
    all
}

/// What holds for both.
fn shared(needs: &[Need], own: Own<'_>) -> Vec<Condition> {
    let mut all = Vec::new();
    for (name, text) in vital::conditions(needs) {
        all.push(Condition::new(name, text));
    }
    let users = literal(&format!("system:serviceaccount:{}:", own.namespace));
    all.push(Condition::new(
        "not-kpolicy-itself",
        format!(
            "!has(request.userInfo.username) || !request.userInfo.username.startsWith({users})"
        ),
    ));
    if let Some(text) = vital::scaling(needs, own.autoscalers) {
        all.push(Condition::new("not-an-autoscaler", text));
    }
    if let Some(text) = wanted(needs) {
        all.push(Condition::new("wanted", text));
    }
    all
}

/// What rules cannot say: names and exclusions. `None` where no policy has any.
fn wanted(needs: &[Need]) -> Option<String> {
    let (partial, whole): (Vec<&Need>, Vec<&Need>) =
        needs.iter().partition(|need| need.is_partial());
    if partial.is_empty() {
        return None;
    }
    let mut alternatives = Vec::new();
    for need in whole {
        let overlaps = |other: &&Need| other.clause.pattern.overlaps(&need.clause.pattern);
        if partial.iter().any(overlaps) {
            // Everything is wanted.
            alternatives.push(need.condition()?);
        }
    }
    // What no such need is about is there for another.
    if let Some(about) = any_of(partial.iter().map(|need| &need.clause.pattern)) {
        alternatives.push(not(&about));
    }
    for need in partial {
        alternatives.push(need.condition()?);
    }
    alternatives.dedup();
    Some(lines(&alternatives))
}

/// What native policies match, as a list of one condition or none; `None` where they match everything. Of one operation,
/// where that is known of the request.
fn native(needs: &[Need], operation: Option<Operation>) -> Option<Vec<String>> {
    let is_meant = |need: &&Need| {
        need.by == By::Native && operation.is_none_or(|operation| need.has(operation))
    };
    let (partial, whole): (Vec<&Need>, Vec<&Need>) = needs
        .iter()
        .filter(is_meant)
        .partition(|need| need.is_partial());
    let mut together: BTreeMap<&Operations, Vec<&Pattern>> = BTreeMap::new();
    let every = Operations::from(EVERY_OPERATION.map(Operation::as_str));
    for need in whole {
        let operations = match operation {
            Some(_) => &every,
            None => &need.clause.operations,
        };
        together
            .entry(operations)
            .or_default()
            .push(&need.clause.pattern);
    }
    let mut alternatives = Vec::new();
    for (operations, patterns) in together {
        let mut terms: Vec<String> = any_of(patterns).into_iter().collect();
        if *operations != every {
            terms.push(one_of("request.operation", operations.iter().copied()));
        }
        if terms.is_empty() {
            return None;
        }
        alternatives.push(terms.join(" && "));
    }
    for need in partial {
        alternatives.push(need.condition()?);
    }
    Some(if alternatives.is_empty() {
        Vec::new()
    } else {
        vec![any(alternatives)]
    })
}

/// Kinds of which only pod templates are judged, by what is done to them.
struct Templates {
    operation: Operation,
    kinds: Vec<TemplateKind>,
    /// Requests about them that are judged as a whole after all.
    unless: Vec<String>,
}

impl Templates {
    /// Pods are left out: of them everything is looked at that there is.
    fn of(needs: &[Need], crds: &[PodTemplateCrd], operation: Operation) -> Self {
        let mut templates = Self {
            operation,
            kinds: Vec::new(),
            unless: Vec::new(),
        };
        for kind in template_kinds(crds) {
            if kind.is("", "pods") {
                continue;
            }
            let about = |need: &&Need| need.about(&kind, operation);
            let judged = |need: &&Need| need.by == By::Templates && about(need) != About::Never;
            let others = || needs.iter().filter(|need| need.by != By::Templates);
            if !needs.iter().any(|need| judged(&need))
                || others().any(|need| about(&need) == About::Always)
            {
                continue;
            }
            let perhaps = others().filter(|need| about(need) == About::Perhaps);
            let conditions: Vec<_> = perhaps.map(Need::condition).collect();
            if conditions.contains(&None) {
                continue;
            }
            for condition in conditions.into_iter().flatten() {
                if !templates.unless.contains(&condition) {
                    templates.unless.push(condition);
                }
            }
            templates.kinds.push(kind);
        }
        templates
    }

    /// That a request is about one of them.
    fn condition(&self) -> Option<String> {
        if self.kinds.is_empty() {
            return None;
        }
        let kinds = self.kinds.iter();
        let mut terms = about_kinds(kinds.map(|kind| (&*kind.group, &*kind.resource)));
        terms.extend(self.unless.iter().map(|text| not(text)));
        Some(terms.join(" && "))
    }
}

/// Leaves out what a controller made of an object that is judged itself, where only pod templates are judged. Who only
/// says that a controller made it is judged like anybody.
fn not_made(needs: &[Need], crds: &[PodTemplateCrd]) -> Option<Condition> {
    let operations = [Operation::Create, Operation::Update];
    let mut templates = operations.map(|operation| Templates::of(needs, crds, operation));
    let custom: Vec<_> = crds
        .iter()
        .filter(|crd| !crd.controllers.is_empty())
        .collect();
    // What the controller of a custom kind makes may be of any kind; of built-in ones it is known.
    if custom.is_empty() {
        for templates in &mut templates {
            let is_made = |kind: &TemplateKind| MAKERS.iter().any(|maker| makes(maker, kind));
            templates.kinds.retain(is_made);
        }
    }
    let all = || templates.iter().flat_map(|templates| &templates.kinds);
    let makers = MAKERS
        .iter()
        .filter(|maker| all().any(|kind| makes(maker, kind)));
    let mut made: Vec<String> = makers.map(made_by).collect();
    if all().next().is_some() {
        made.extend(custom.into_iter().map(|crd| {
            let users = crd.controllers.iter().map(|user| &**user);
            by(&one_of(USER, users), &crd.group, &crd.kind)
        }));
    }
    if made.is_empty() {
        return None;
    }
    let [create, update] = &templates;
    let each = match (create.condition(), update.condition()) {
        (Some(one), Some(same)) if one == same => {
            let words = operations.map(Operation::as_str);
            vec![format!("{} && {one}", one_of("request.operation", words))]
        }
        conditions => [(create, conditions.0), (update, conditions.1)]
            .into_iter()
            .filter_map(|(templates, text)| Some((templates.operation, text?)))
            .map(|(operation, text)| {
                format!(
                    "{} && {text}",
                    one_of("request.operation", [operation.as_str()])
                )
            })
            .collect(),
    };
    let about = not(&any(each));
    let made = not(&any(made));
    let text = format!("{about} ||\nobject == null || !has(request.userInfo.username) ||\n{made}");
    Some(Condition::new("not-made-by-a-controller", text))
}

fn makes(maker: &Maker, kind: &TemplateKind) -> bool {
    let (group, made) = maker.makes;
    kind.is(group, &kinds::resource(group, made))
}

/// That an object is one that a built-in controller made, and the controller says so.
fn made_by(maker: &Maker) -> String {
    let (group, made) = maker.makes;
    let about = any_of([&Pattern::new(group, &kinds::resource(group, made), "*")]);
    let users = one_of(USER, [maker.user, MANAGER]);
    let about: Vec<String> = about.into_iter().chain([users]).collect();
    by(&about.join(" && "), maker.group, maker.kind)
}

/// That these users say that an object is controlled by one of this group and kind.
fn by(users: &str, group: &str, kind: &str) -> String {
    let (kind, version) = (literal(kind), literal(&format!("{group}/")));
    format!(
        "{users} &&\n\
         object.?metadata.?ownerReferences.orValue([]).exists(owner, owner.?controller.orValue(false) == true &&\n\
         owner.?kind.orValue('') == {kind} && owner.?apiVersion.orValue('').startsWith({version}))"
    )
}

/// Leaves out updates of nothing that is judged.
fn changed(needs: &[Need], crds: &[PodTemplateCrd]) -> Option<Condition> {
    let updates: Vec<&Need> = needs
        .iter()
        .filter(|need| need.has(Operation::Update))
        .collect();
    if updates.iter().all(|need| need.by == By::Native) {
        return None;
    }
    let native = native(needs, Some(Operation::Update))?;
    let mut alternatives =
        vec!["request.operation != 'UPDATE' || object == null || oldObject == null".to_owned()];
    alternatives.extend(native);
    alternatives.push(OTHER_LABELS.to_owned());
    let templates = Templates::of(needs, crds, Operation::Update);
    let differs = template_differs(&templates.kinds.iter().collect::<Vec<_>>());
    let differs = format!("({differs} ||\n{OTHER_CONTROLLER})");
    let is_template = |need: &&Need| need.by == By::Templates && !is_pod(need);
    // Kinds that are judged as a whole are given other controllers, too.
    let is_whole = |pattern: &&Pattern| {
        let mut kinds = templates.kinds.iter();
        !templates.unless.is_empty()
            || !kinds.any(|kind| kind.is(&pattern.group, &pattern.resource))
    };
    let patterns = updates
        .iter()
        .copied()
        .filter(is_template)
        .map(|need| &need.clause.pattern);
    let kinds: Vec<_> = patterns
        .filter(is_whole)
        .map(|pattern| (&*pattern.group, &*pattern.resource))
        .collect();
    if !kinds.is_empty() {
        let about = about_kinds(kinds).join(" && ");
        alternatives.push(format!("{about} &&\n{OTHER_CONTROLLER}"));
    }
    let only_templates = templates.unless.is_empty() && updates.iter().all(is_template);
    alternatives.push(match templates.condition() {
        None => content_differs(needs),
        Some(_) if only_templates => differs,
        Some(about) => format!("({about}\n? {differs}\n: {})", content_differs(needs)),
    });
    Some(Condition::new("changed", alternatives.join(" ||\n")))
}

/// That a request is about objects of these kinds, as a whole.
fn about_kinds<'k>(kinds: impl IntoIterator<Item = (&'k str, &'k str)>) -> Vec<String> {
    let patterns = kinds
        .into_iter()
        .map(|(group, resource)| Pattern::new(group, resource, "*"));
    let patterns: Vec<Pattern> = patterns.collect();
    let mut terms = vec!["!has(request.subResource)".to_owned()];
    terms.extend(any_of(&patterns));
    terms
}

fn is_pod(need: &Need) -> bool {
    let pattern = &need.clause.pattern;
    pattern.group.is_empty() && &*pattern.resource == "pods"
}

/// Alternatives, a line each.
fn lines(alternatives: &[String]) -> String {
    let lines: Vec<String> = alternatives
        .iter()
        .map(|text| {
            if text.contains(" && ") {
                format!("({text})")
            } else {
                text.clone()
            }
        })
        .collect();
    lines.join(" ||\n")
}
