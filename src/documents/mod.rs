//! kpolicy's own documents: sorts texts into policies, profiles, exceptions and the Config.
//!
//! This module owns which kinds there are and what a file may hold; what stands inside a document is read by `policy`
//! and `config`. It does no I/O: whoever finds the files hands their texts in. Nothing is skipped in silence: a
//! document of kpolicy's group that cannot be read is an error.
//!
//! Start reading at [`Documents`].

mod kind;

use std::ops::Range;
use std::sync::Arc;

use crate::config::{
    Config, PolicyException, Profile, RECOMMENDED, read_config, read_exception, read_profile,
};
use crate::manifest::{
    Dialect, Document, LabelSelector, Limits, NodeRef, Placed, Problem, read, unroll,
};
use crate::policy::{
    Actions, Binding, Form, ParamChoice, ParamRef, Policy, PolicySet, Release, bind,
    built_in_texts, read_binding, read_native, read_policy,
};
use crate::source::{Source, SourceId, SourceMap, Span};

use kind::Kind;

/// What was read so far, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Documents {
    /// The policies in order of reading; of two with one name the later replaces the built-in.
    pub policies: Vec<Policy>,
    /// The profiles that ship with kpolicy.
    pub profiles: Vec<Profile>,
    /// The exceptions in order of reading.
    pub exceptions: Vec<PolicyException>,
    /// Everything wrong, in order of reading.
    pub problems: Vec<Problem>,
    /// How many documents were added that are kpolicy's own, right or wrong; the built-in ones do not count.
    pub own: usize,
    /// How many documents were none of kpolicy's.
    pub others: usize,
    /// Objects among those, in order of reading: native policies may take their parameters from them.
    pub objects: Vec<Document>,
    bindings: Vec<(Form, Binding)>,
    /// Native policies that could not be read, or whose bindings could not.
    broken: Vec<(Form, Box<str>)>,
    release: Option<Release>,
    without_exceptions: bool,
    config: Option<(Document, Option<Span>)>,
}

impl Documents {
    /// The built-in policies and profiles. Their sources are added, so that they can be shown.
    pub fn built_in(sources: &mut SourceMap) -> Self {
        let mut documents = Self::default();
        for (name, text) in built_in_texts() {
            documents.read(&name, &Arc::from(text), sources, true);
        }
        for policy in &mut documents.policies {
            policy.built_in = true;
        }
        // First what runs by itself, then what builds on it, then the rest by name.
        let order = |one: &Profile| (*one.name != *RECOMMENDED, one.extends.is_empty());
        documents.profiles.sort_by_key(order);
        documents
    }

    /// Reads a text: policies, exceptions and at most one Config. `name` is the file's path, as people know it.
    pub fn add(&mut self, name: &str, text: &Arc<str>, sources: &mut SourceMap) {
        self.read(name, text, sources, false);
    }

    /// From now on native policies may only use what an API server of this release allows in a new policy.
    pub fn for_release(&mut self, release: Option<Release>) {
        self.release = release;
    }

    /// From now on exceptions are passed over, right or wrong: for whom they have no say.
    pub fn leave_exceptions(&mut self) {
        self.without_exceptions = true;
    }

    /// The Config that was read, or what holds without one.
    pub fn config(&mut self) -> Config {
        match &self.config {
            Some((document, _)) => read_config(document, &self.profiles, &mut self.problems),
            None => Config::without_file(&self.profiles),
        }
    }

    /// Whether a Config was read.
    pub fn has_config(&self) -> bool {
        self.config.is_some()
    }

    /// The source of the Config that was read.
    pub fn config_source(&self) -> Option<SourceId> {
        let (document, _) = self.config.as_ref()?;
        document.root().origin().map(|span| span.source)
    }

    /// All policies, ready to judge: native ones with their bindings, and the objects that parameters come from. The
    /// documents keep none.
    pub fn take_policies(&mut self) -> PolicySet {
        let bindings = std::mem::take(&mut self.bindings);
        bind(
            &mut self.policies,
            bindings,
            &self.broken,
            &mut self.problems,
        );
        PolicySet::new(self.policies.drain(..)).with_objects(std::mem::take(&mut self.objects))
    }

    /// Whether there is a policy of this name, built in or not.
    pub fn has_policy(&self, name: &str) -> bool {
        self.policies.iter().any(|policy| &*policy.name == name)
    }

    /// Binds each native policy that no binding names, everywhere and at its hardest, with all parameters that there are:
    /// for whoever wants to know what its expressions say, wherever the policy will be put to work.
    pub fn bind_the_rest(&mut self) {
        for policy in &self.policies {
            let Some(native) = &policy.native else {
                continue;
            };
            let mut bindings = self.bindings.iter();
            let is_bound = bindings.any(|(form, binding)| {
                *form == native.form && *binding.policy.value == *policy.name
            });
            if is_bound {
                continue;
            }
            let param_ref = native.param_kind.as_ref().map(|_| ParamRef {
                choice: ParamChoice::Selector(LabelSelector::default()),
                namespace: None,
                must_exist: true,
                span: None,
            });
            let binding = Binding {
                name: policy.name.clone(),
                span: None,
                policy: Placed {
                    value: (*policy.name).into(),
                    span: None,
                },
                matching: None,
                param_ref,
                actions: Actions {
                    deny: true,
                    ..Actions::default()
                },
            };
            self.bindings.push((native.form, binding));
        }
    }

    /// Whether some of these objects can be a parameter of a native policy.
    pub fn has_parameters(&self, among: Range<usize>) -> bool {
        let kinds = self.policies.iter().filter_map(|policy| {
            let native = policy.native.as_ref()?;
            native.param_kind.as_ref()
        });
        let mut objects = self.objects.get(among).unwrap_or_default().iter();
        objects.any(|object| kinds.clone().any(|kind| kind.is_of(object.root())))
    }

    fn read(&mut self, name: &str, text: &Arc<str>, sources: &mut SourceMap, built_in: bool) {
        let source = sources.add(Source::new(name, text.clone()));
        let reading = read(source, text, Dialect::Kubectl, &Limits::default());
        self.problems.extend(reading.problems);
        self.problems
            .extend(reading.templated.into_iter().map(|(_, problem)| {
                problem.with_help(
                    "kpolicy's own documents are read as they are; templates are not filled in",
                )
            }));
        let alone = reading.documents.len() == 1;
        for document in reading.documents {
            // One of ours with `items` is a mistake to be told, not a list: kubectl has nothing to do with it yet.
            let documents = if kind::is_ours(document.root()) {
                vec![document]
            } else {
                unroll(document, &mut self.problems)
            };
            for document in documents {
                self.sort(document, name, alone, sources, built_in);
            }
        }
    }

    fn sort(
        &mut self,
        document: Document,
        file: &str,
        alone: bool,
        sources: &SourceMap,
        built_in: bool,
    ) {
        let kind = kind::of(document.root());
        if !built_in && !matches!(kind, Ok(Kind::Other | Kind::Object)) {
            self.own += 1;
        }
        if self.without_exceptions && kind::is_exception(document.root()) {
            return;
        }
        match kind {
            Ok(Kind::Policy) => {
                if let Some(policy) = read_policy(&document, sources, &mut self.problems) {
                    if alone {
                        self.check_stem(&policy, file);
                    }
                    self.add_policy(policy);
                }
            }
            Ok(Kind::PolicyException) => {
                if let Some(exception) = read_exception(&document, &mut self.problems) {
                    self.add_exception(exception);
                }
            }
            Ok(Kind::Profile) if built_in => {
                self.profiles
                    .extend(read_profile(&document, &mut self.problems));
            }
            Ok(Kind::Profile) => {
                // kpolicy's own repository holds the profiles that ship; anywhere else nobody would read one.
                let name = document.root().at(&["metadata", "name"]);
                let name = name.and_then(NodeRef::as_str).unwrap_or_default();
                if self.profiles.iter().any(|known| *known.name == *name) {
                    read_profile(&document, &mut self.problems);
                } else {
                    let span = place(&document, "kind");
                    let problem =
                        Problem::error("profiles come with kpolicy and cannot be added", span);
                    let help = "write the settings under `policies` of Config";
                    self.problems.push(problem.with_help(help));
                }
            }
            Ok(Kind::Config) => {
                let span = place(&document, "kind");
                if let Some((_, first)) = &self.config {
                    let problem = Problem::error("there is another Config", span);
                    self.problems.push(problem.with_related(*first));
                } else {
                    self.config = Some((document, span));
                }
            }
            Ok(Kind::Native(form)) => {
                let policy =
                    read_native(&document, form, (sources, self.release), &mut self.problems);
                match policy {
                    Some(policy) => self.add_policy(policy),
                    None => self.note_broken(form, &document, &["metadata", "name"]),
                }
            }
            Ok(Kind::Binding(form)) => match read_binding(&document, form, &mut self.problems) {
                Some(binding) => self.add_binding(form.of, binding),
                None => self.note_broken(form.of, &document, &["spec", "policyName"]),
            },
            Ok(Kind::Object) => {
                self.others += 1;
                self.objects.push(document);
            }
            Ok(Kind::Other) => self.others += 1,
            Err(problem) => self.problems.push(problem),
        }
    }

    fn add_policy(&mut self, policy: Policy) {
        let form = |policy: &Policy| policy.native.as_ref().map(|native| native.form);
        let same = |known: &&Policy| known.name == policy.name && !known.built_in;
        // The API server tells a validating and a mutating policy of one name apart, so they can stand together.
        let pair = |known: &Policy| {
            let forms = (form(known), form(&policy));
            let mutates = |form| form == Some(Form::Mutating);
            forms.0.is_some() && forms.1.is_some() && mutates(forms.0) != mutates(forms.1)
        };
        let taken = self
            .policies
            .iter()
            .find(|known| same(known) && !pair(known));
        if let Some(first) = taken {
            let message = format!("there is another policy `{}`", policy.name);
            let problem = Problem::error(message, policy.span).with_related(first.span);
            let help = "policies are known by their names: give one of them another name";
            self.problems.push(problem.with_help(help));
            return;
        }
        let replaced = |known: &Policy| known.built_in && known.name == policy.name;
        if policy.native.is_some() && self.policies.iter().any(replaced) {
            let message = format!("`{}` takes the place of the built-in policy", policy.name);
            let help = "give it another name to have both";
            self.problems
                .push(Problem::warning(message, policy.span).with_help(help));
        }
        self.policies.retain(|known| !replaced(known));
        self.policies.push(policy);
    }

    fn add_exception(&mut self, exception: PolicyException) {
        let mut known = self.exceptions.iter();
        if let Some(first) = known.find(|known| known.name == exception.name) {
            let message = format!("there is another exception `{}`", exception.name);
            self.problems
                .push(Problem::error(message, exception.span).with_related(first.span));
            return;
        }
        self.exceptions.push(exception);
    }

    fn note_broken(&mut self, form: Form, document: &Document, route: &[&str]) {
        let name = document.root().at(route).and_then(NodeRef::as_str);
        self.broken.extend(name.map(|name| (form, name.into())));
    }

    fn add_binding(&mut self, form: Form, binding: Binding) {
        let mut known = self.bindings.iter();
        let same = known.find(|(other, known)| *other == form && known.name == binding.name);
        if let Some((_, first)) = same {
            let message = format!("there is another binding `{}`", binding.name);
            self.problems
                .push(Problem::error(message, binding.span).with_related(first.span));
            return;
        }
        self.bindings.push((form, binding));
    }

    /// A policy is found by its name: in the output of the linter and in the folder of policies.
    fn check_stem(&mut self, policy: &Policy, file: &str) {
        let base = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let stem = [".yaml", ".yml", ".json"]
            .iter()
            .find_map(|suffix| base.strip_suffix(suffix));
        if let Some(stem) = stem
            && *stem != *policy.name
        {
            let message = format!("the policy `{}` stands in the file `{base}`", policy.name);
            let help = "a file with one policy has its name";
            self.problems
                .push(Problem::error(message, policy.span).with_help(help));
        }
    }
}

fn place(document: &Document, key: &str) -> Option<Span> {
    let root = document.root();
    root.get(key).and_then(NodeRef::origin).or(root.origin())
}
