//! What an expression is evaluated on: documents, a policy's variables, the request; and the evaluation itself.

use std::sync::Arc;

use crate::cel::{
    Activation, Budget, CompileError, Cost, Environment, EvalError, Program, Release, Value,
    compile,
};
use crate::engine::{Context, NoOtherObjects};
use crate::manifest::{Document, NodeRef};
use crate::policy::{Operation, Policy, Root, Scope, environment_without};
use crate::repository::DOCKERFILES;
use crate::schema::{defaults, kinds};
use crate::source::{Source, SourceId, SourceMap, Span};

use super::request::{Facts, Given, assumed_namespace, unknown};
use super::secrets::SecretValues;

/// What an expression is called where its places are shown.
const EXPRESSION: &str = "<expression>";

/// What gives an expression the files of a repository.
const NO_DOCKERFILE: &str = "it is there with `--dockerfile FILE`, instead of an object";

/// What an expression may cost: the API server's `PerCallLimit`.
pub(super) const MOST_COST: u64 = 1_000_000;
/// What may be spent on what is looked at while somebody types.
#[cfg(feature = "repl")]
const COST_OF_A_LOOK: u64 = 10_000;

/// Documents, variables and options: all that an expression can see.
#[derive(Debug, Default)]
pub(super) struct Stage {
    /// The texts of documents and expressions.
    pub(super) sources: SourceMap,
    /// The object.
    pub(super) object: Option<Document>,
    /// The object before.
    pub(super) old_object: Option<Document>,
    /// What a repository with the Dockerfiles that are given holds.
    pub(super) repository: Option<Document>,
    /// The parameters.
    pub(super) params: Option<Document>,
    /// Why there are no parameters, where a policy wants some.
    pub(super) no_params: Option<String>,
    /// What is given of the request.
    pub(super) given: Given,
    /// The policy whose variables are there.
    pub(super) policy: Option<Arc<Policy>>,
    /// Only what the API server has.
    pub(super) native: bool,
    /// Only functions that a new policy may use in this release.
    pub(super) release: Option<Release>,
    /// Show what Secrets hold.
    pub(super) show_secrets: bool,
    /// Where Secrets stand in the texts of what was loaded.
    pub(super) masked: Vec<Span>,
    environment: Environment,
    variables: Vec<Variable>,
    programs: Vec<Program>,
}

/// A variable: its name and its expression as written.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    /// The name behind `variables.`.
    pub(super) name: String,
    /// Its expression.
    pub(super) expression: String,
}

/// A text that does not compile, under the source that it was added as.
#[derive(Debug)]
pub(super) struct NotCompiled {
    /// The text.
    pub(super) source: SourceId,
    /// Why.
    pub(super) errors: Vec<CompileError>,
}

/// What an evaluation gave, while everything it points into is there.
pub(super) struct Evaluation<'e, 'a> {
    /// The text of the expression.
    pub(super) source: SourceId,
    /// The expression.
    pub(super) program: &'a Program,
    /// What it was evaluated with.
    pub(super) activation: &'e Activation<'a>,
    /// What it cost.
    pub(super) cost: Cost,
    /// Its value, or why there is none.
    pub(super) outcome: &'e Result<Value<'a>, EvalError<'a>>,
    /// What Secrets hold.
    pub(super) secrets: &'e SecretValues,
    /// The documents by the names under which expressions know them.
    pub(super) documents: &'e [(&'static str, NodeRef<'a>)],
    /// The texts of the variables.
    pub(super) variables: &'e [&'a str],
}

impl Stage {
    /// Makes the names known that expressions may use, after documents or options have changed. Gives the variables
    /// that do not compile there; they are left out.
    pub(super) fn prepare(&mut self, lets: &[Variable]) -> Vec<(String, NotCompiled)> {
        let policy = self.policy.as_deref();
        let is_native = self.native || policy.is_some_and(|policy| policy.native.is_some());
        let carries_pods = self.object.is_some() && !is_native && {
            let facts = self.facts();
            let (group, kind) = facts.kind();
            kinds::built_in(group, kind).is_some_and(|kind| kind.pod_template.is_some())
        };
        let judges_files = policy.is_some_and(|policy| policy.matching.is_repository());
        let scope = if is_native {
            Scope::Native
        } else if self.repository.is_some() || judges_files {
            Scope::Files
        } else if carries_pods || self.policy_judges_pods() {
            Scope::PodTemplates
        } else {
            Scope::Objects
        };
        let declares = self
            .policy
            .as_deref()
            .is_some_and(|policy| !policy.resources.is_empty());
        let hidden: &[Root] = if declares { &[] } else { &[Root::Resources] };
        let mut environment = environment_without(scope, hidden);
        if is_native {
            environment = environment.native();
        }
        if let Some(release) = self.release {
            environment = environment.for_release(release);
        }
        self.environment = environment;
        self.variables.clear();
        self.programs.clear();
        let mut failed = Vec::new();
        for variable in self.wanted(lets) {
            match self.compile(
                &format!("<variables.{}>", variable.name),
                &variable.expression,
            ) {
                Ok((_, program)) => {
                    let kind = program.static_type().clone();
                    self.environment.declare(&variable.name, kind);
                    self.programs.push(program);
                    self.variables.push(variable);
                }
                Err(wrong) => failed.push((variable.name, wrong)),
            }
        }
        failed
    }

    /// The variables of the policy, then those that were set by hand.
    fn wanted(&self, lets: &[Variable]) -> Vec<Variable> {
        let policy = self.policy.as_deref();
        let names = policy.map_or(&[][..], |policy| &policy.variable_names);
        let programs = policy.map_or(&[][..], |policy| &policy.variables);
        let own = names.iter().zip(programs).map(|(name, program)| Variable {
            name: name.to_string(),
            expression: program.source().to_owned(),
        });
        own.chain(lets.iter().cloned()).collect()
    }

    fn policy_judges_pods(&self) -> bool {
        let policy = self.policy.as_deref();
        policy.is_some_and(|policy| policy.matching.is_pod_templates())
    }

    /// The variables that expressions may read.
    #[cfg(feature = "repl")]
    pub(super) fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The names that expressions may use.
    #[cfg(feature = "repl")]
    pub(super) const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Fills in the defaults of the API server, as it does before policies see an object.
    pub(super) fn fill_defaults(&mut self, minor: u32) {
        for document in [&mut self.object, &mut self.old_object]
            .into_iter()
            .flatten()
        {
            let root = document.root();
            let text = |key: &str| root.get(key).and_then(NodeRef::as_str).unwrap_or_default();
            let (api_version, kind) = (text("apiVersion").to_owned(), text("kind").to_owned());
            let group = api_version.split_once('/').map_or("", |(group, _)| group);
            defaults::apply(document, group, &kind, minor);
        }
    }

    /// What the request is.
    pub(super) fn facts(&self) -> Facts {
        self.given.facts(
            self.object.as_ref().map(Document::root),
            self.old_object.as_ref().map(Document::root),
        )
    }

    /// What Secrets hold in all that is loaded.
    pub(super) fn secrets(&self) -> SecretValues {
        if self.show_secrets {
            return SecretValues::default();
        }
        let documents = [&self.object, &self.old_object, &self.params];
        let given = [&self.given.request, &self.given.namespace_object];
        SecretValues::of(documents.into_iter().chain(given).flatten()).with_spans(&self.masked)
    }

    /// Compiles a text under a name.
    pub(super) fn compile(
        &mut self,
        name: &str,
        text: &str,
    ) -> Result<(SourceId, Program), NotCompiled> {
        let source = self.sources.add(Source::new(name, text));
        match compile(text, &self.environment) {
            Ok(program) => Ok((source, program)),
            Err(mut errors) => {
                for error in &mut errors {
                    let name = text.get(error.range.clone()).unwrap_or_default();
                    if matches!(name, "dockerfile" | "repository")
                        && self.environment.root(name).is_none()
                    {
                        error.help = Some(NO_DOCKERFILE.to_owned());
                    }
                }
                Err(NotCompiled { source, errors })
            }
        }
    }

    /// Evaluates an expression and shows what it gave to `look`.
    pub(super) fn evaluate<R>(
        &mut self,
        text: &str,
        look: impl FnOnce(&Evaluation<'_, '_>) -> R,
    ) -> Result<R, NotCompiled> {
        let (source, program) = self.compile(EXPRESSION, text)?;
        Ok(self.perform(source, &program, MOST_COST, look))
    }

    /// Evaluates an expression of which nobody is told; `None` where it has no value.
    #[cfg(feature = "repl")]
    pub(super) fn look_at<R>(&self, text: &str, look: impl FnOnce(&Value<'_>) -> R) -> Option<R> {
        let program = compile(text, &self.environment).ok()?;
        self.perform(SourceId(u32::MAX), &program, COST_OF_A_LOOK, |evaluation| {
            evaluation.outcome.as_ref().ok().map(look)
        })
    }

    fn perform<R>(
        &self,
        source: SourceId,
        program: &Program,
        budget: u64,
        look: impl FnOnce(&Evaluation<'_, '_>) -> R,
    ) -> R {
        let facts = self.facts();
        let made = Made::new(self, &facts);
        let namespace = made
            .namespace
            .as_ref()
            .or(self.given.namespace_object.as_ref());
        let request = facts.request(
            &self.given,
            self.object
                .as_ref()
                .or(made.object.as_ref())
                .map(Document::root),
            self.old_object
                .as_ref()
                .or(made.old_object.as_ref())
                .map(Document::root),
            namespace.map(Document::root),
        );
        let params = self
            .params
            .as_ref()
            .or(made.params.as_ref())
            .map(Document::root);
        let others = NoOtherObjects("no other objects are loaded");
        let context = Context::new(request, &others, &[]);
        let template = (!context.templates().is_empty()).then_some(0);
        let mut roots = context.values(params, template, &|_| true);
        if let Some(resources) = roots.get_mut(Root::Resources.slot()) {
            *resources = Value::Node(made.resources.root());
        }
        let (repository, dockerfile) = self.files(&made);
        for (root, node) in [
            (Root::Repository, repository),
            (Root::Dockerfile, dockerfile),
        ] {
            if let Some(value) = roots.get_mut(root.slot()) {
                *value = Value::Node(node);
            }
        }
        let is_given = |node| self.repository.is_some().then_some(node);
        let activation = Activation::new(roots, &self.programs, Budget::new(budget));
        let outcome = program.evaluate(&activation);
        let documents: Vec<(&'static str, NodeRef<'_>)> = [
            ("object", request.object),
            ("oldObject", request.old_object),
            ("params", params),
            ("namespaceObject", request.namespace_object),
            ("dockerfile", is_given(dockerfile)),
            ("repository", is_given(repository)),
        ]
        .into_iter()
        .filter_map(|(name, node)| Some((name, node?)))
        .collect();
        let variables: Vec<&str> = self.programs.iter().map(Program::source).collect();
        look(&Evaluation {
            source,
            program,
            activation: &activation,
            cost: activation.cost(),
            outcome: &outcome,
            secrets: &self.secrets(),
            documents: &documents,
            variables: &variables,
        })
    }
}

impl Stage {
    /// The repository, and the first Dockerfile of it.
    fn files<'s>(&'s self, made: &'s Made) -> (NodeRef<'s>, NodeRef<'s>) {
        let missing = made.files.root();
        let Some(repository) = self.repository.as_ref().map(Document::root) else {
            return (missing, missing);
        };
        let files = repository.get(DOCKERFILES).and_then(NodeRef::as_list);
        let first = files.and_then(|files| files.iter().next());
        (repository, first.unwrap_or(missing))
    }
}

/// Documents that stand for what was not given.
#[derive(Debug)]
struct Made {
    object: Option<Document>,
    old_object: Option<Document>,
    params: Option<Document>,
    namespace: Option<Document>,
    resources: Document,
    files: Document,
}

impl Made {
    fn new(stage: &Stage, facts: &Facts) -> Self {
        let missing = |is_there: bool, reason: &str| (!is_there).then(|| unknown(reason));
        let namespace = match (&stage.given.namespace_object, &facts.namespace) {
            (Some(_), _) => None,
            (None, Some(name)) => Some(assumed_namespace(name)),
            // Cluster-scoped objects have none: null.
            (None, None) if stage.object.is_some() || stage.old_object.is_some() => None,
            (None, None) => Some(unknown("no namespace is given: use --namespace NAME")),
        };
        Self {
            object: missing(
                stage.object.is_some() || facts.operation() == Operation::Delete,
                "no object is given: use --object FILE",
            ),
            old_object: missing(
                stage.old_object.is_some() || facts.operation() == Operation::Create,
                "no old object is given: use --old-object FILE",
            ),
            params: missing(
                stage.params.is_some(),
                stage
                    .no_params
                    .as_deref()
                    .unwrap_or("no parameters are given: use --params FILE"),
            ),
            namespace,
            resources: unknown("no other objects are loaded"),
            files: unknown("no Dockerfile is given: use --dockerfile FILE"),
        }
    }
}
