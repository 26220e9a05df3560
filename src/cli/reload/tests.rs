//! Files, resources and days as they change, without a clock and without a cluster.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::judge::Judge;
use crate::office::{Identity, Version};
use crate::server::Metrics;

use super::super::args::PolicyArguments;
use super::super::policy_files::files;
use super::*;

const CONFIG: &str = "apiVersion: kpolicy.io/v1alpha1
kind: Config
policyPaths: [../policies]
policies: {one: {enforcement: warn}}
";

fn policy(name: &str, expression: &str) -> String {
    format!(
        "apiVersion: kpolicy.io/v1alpha1\nkind: Policy\nmetadata: {{name: {name}}}\nspec:\n  title: T\n  category: api\n  \
         severity: low\n  matchConstraints: {{podTemplates: true}}\n  validations: [{{expression: \"{expression}\"}}]\n"
    )
}

/// Folders as kubelet mounts them: the files are links into a folder that is replaced as a whole.
struct Mount(TempDir);

impl Mount {
    fn new(volumes: &[(&str, &[(&str, &str)])]) -> Self {
        let mount = Self(TempDir::new().expect("a folder"));
        for (volume, files) in volumes {
            fs::create_dir(mount.path(volume)).expect("a folder");
            mount.fill(volume, "..1", files);
            for (name, _) in *files {
                let link = mount.path(volume).join(name);
                std::os::unix::fs::symlink(Path::new("..data").join(name), link).expect("a link");
            }
        }
        mount
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// Swaps what a volume holds, and removes what it held.
    fn fill(&self, volume: &str, version: &str, files: &[(&str, &str)]) {
        let folder = self.path(volume);
        fs::create_dir(folder.join(version)).expect("a folder");
        for (name, text) in files {
            fs::write(folder.join(version).join(name), text).expect("a file");
        }
        let data = folder.join("..data");
        let old = fs::read_link(&data).ok();
        let fresh = folder.join("..tmp");
        std::os::unix::fs::symlink(version, &fresh).expect("a link");
        fs::rename(&fresh, &data).expect("a swap");
        if let Some(old) = old {
            fs::remove_dir_all(folder.join(old)).expect("an old folder");
        }
    }

    fn state(&self, open: bool) -> (State, Judge) {
        let arguments = PolicyArguments {
            config: Some(self.path("config/config.yaml")),
            policy: Vec::new(),
            today: Some(TODAY),
        };
        let mut asked = input::Asked::new();
        let read = input::read_watched(&arguments, &mut asked).expect("files");
        assert_eq!(read.problems, []);
        let mut office = Office::new(files(read.setup), None, open);
        let judge = office.assemble(TODAY).expect("a judge").judge;
        let metrics = Metrics::new();
        let state = State {
            office,
            files: PolicyFiles::new(&arguments, None, (asked, read.print)),
            fixed_day: Some(TODAY),
            day: TODAY,
            kept_out: None,
            wrong: false,
            listed: false,
            unknown: Vec::new(),
            told: BTreeMap::new(),
            metrics,
        };
        (state, judge)
    }
}

const TODAY: Date = Date {
    year: 2026,
    month: 11,
    day: 21,
};

fn mounted() -> Mount {
    Mount::new(&[
        ("config", &[("config.yaml", CONFIG)]),
        ("policies", &[("one.yaml", &policy("one", "true"))]),
    ])
}

fn names(judge: &Judge) -> Vec<(String, &'static str)> {
    let own = judge.policies().filter(|(policy, _)| !policy.built_in);
    own.map(|(policy, enforcement)| (policy.name.to_string(), enforcement.as_str()))
        .collect()
}

/// What comes of the second look at something new; the first takes nothing.
fn later(state: &mut State) -> Option<Assembly> {
    assert!(
        state.work(&[], true).is_none(),
        "what is new must stand for a while"
    );
    state.work(&[], true)
}

fn metric(state: &State, line: &str) -> bool {
    state.metrics.expose().lines().any(|found| found == line)
}

#[test]
fn a_swapped_volume_is_read_again_and_put_into_office() {
    let mount = mounted();
    let (mut state, judge) = mount.state(false);
    assert_eq!(names(&judge), [("one".to_owned(), "warn")]);
    assert!(state.work(&[], true).is_none(), "nothing has changed");
    let deny = CONFIG.replace("warn", "deny");
    mount.fill("config", "..2", &[("config.yaml", &deny)]);
    let assembly = later(&mut state).expect("something new");
    assert_eq!(names(&assembly.judge), [("one".to_owned(), "deny")]);
    assert!(state.work(&[], true).is_none(), "that was all");
    mount.fill("policies", "..2", &[("one.yaml", &policy("one", "false"))]);
    assert!(later(&mut state).is_some());
    assert!(metric(&state, "kpolicy_policy_files_current 1"));
}

#[test]
fn a_wrong_file_never_replaces_a_right_one_and_is_said_once() {
    let mount = mounted();
    let (mut state, _) = mount.state(false);
    for (turn, wrong) in [
        policy("one", "unheard"),
        "spec: [".to_owned(),
        policy("two", "true"),
    ]
    .iter()
    .enumerate()
    {
        mount.fill("policies", &format!("..w{turn}"), &[("one.yaml", wrong)]);
        assert!(later(&mut state).is_none(), "{wrong}");
        assert!(state.work(&[], true).is_none(), "{wrong}");
        assert!(metric(&state, "kpolicy_policy_files_current 0"));
        let errors = format!(
            "kpolicy_policy_reload_errors_total{{source=\"files\"}} {}",
            turn + 1
        );
        assert!(metric(&state, &errors), "{}", state.metrics.expose());
    }
    mount.fill(
        "policies",
        "..right",
        &[("one.yaml", &policy("one", "1 == 1"))],
    );
    assert!(later(&mut state).is_some());
    assert!(metric(&state, "kpolicy_policy_files_current 1"));
}

#[test]
fn a_file_that_is_emptied_to_be_written_takes_no_policy_away() {
    let mount = mounted();
    let (mut state, _) = mount.state(false);
    mount.fill("policies", "..empty", &[("one.yaml", "")]);
    assert!(state.work(&[], true).is_none());
    mount.fill(
        "policies",
        "..full",
        &[("one.yaml", &policy("one", "1 == 1"))],
    );
    let assembly = later(&mut state).expect("something new");
    assert_eq!(names(&assembly.judge).len(), 1);
}

#[test]
fn a_config_that_was_away_for_a_while_is_read_again_when_it_is_back() {
    let mount = mounted();
    let (mut state, _) = mount.state(false);
    let (config, aside) = (mount.path("config"), mount.path("aside"));
    fs::rename(&config, &aside).expect("a rename");
    for _ in 0..5 {
        assert!(state.work(&[], true).is_none());
    }
    assert!(metric(&state, "kpolicy_policy_files_current 0"));
    let errors = "kpolicy_policy_reload_errors_total{source=\"files\"} 1";
    assert!(metric(&state, errors), "said once");
    fs::rename(&aside, &config).expect("a rename");
    let deny = CONFIG.replace("warn", "deny");
    mount.fill("config", "..2", &[("config.yaml", &deny)]);
    let assembly = later(&mut state).expect("something new");
    assert_eq!(names(&assembly.judge), [("one".to_owned(), "deny")]);
    assert!(metric(&state, "kpolicy_policy_files_current 1"));
}

#[test]
fn a_new_day_makes_a_new_judge() {
    let mount = mounted();
    let (mut state, _) = mount.state(false);
    state.fixed_day = Some(Date { day: 22, ..TODAY });
    assert!(state.work(&[], true).is_some());
    assert!(state.work(&[], true).is_none());
}

#[test]
fn resources_come_and_go_beside_files() {
    let mount = mounted();
    let (mut state, _) = mount.state(true);
    let json = r#"{"apiVersion":"kpolicy.io/v1alpha1","kind":"Policy","metadata":{"name":"two"},"spec":{"title":"T",
        "category":"api","severity":"low","matchConstraints":{"podTemplates":true},"validations":[{"expression":"true"}]}}"#;
    let version = |generation, json: &str| Version {
        key: Key {
            kind: Kind::Policy,
            namespace: "".into(),
            name: "two".into(),
        },
        identity: Identity {
            uid: "u".into(),
            generation,
        },
        json: json.into(),
    };
    let first = version(1, json);
    let assembly = state
        .work(&[Event::Seen(first.clone())], false)
        .expect("new");
    assert_eq!(names(&assembly.judge).len(), 2);
    assert!(metric(
        &state,
        "kpolicy_policy_resources{kind=\"Policy\",state=\"current\"} 1"
    ));
    assert!(state.work(&[Event::Seen(first.clone())], false).is_none());
    let wrong = version(2, &json.replace("true\"}", "unheard\"}"));
    let assembly = state.work(&[Event::Seen(wrong)], false).expect("new");
    assert_eq!(names(&assembly.judge).len(), 2);
    assert!(metric(
        &state,
        "kpolicy_policy_resources{kind=\"Policy\",state=\"earlier\"} 1"
    ));
    assert!(metric(
        &state,
        "kpolicy_policy_reload_errors_total{source=\"resources\"} 1"
    ));
    let gone = state.work(&[Event::Gone(first.key)], false).expect("new");
    assert_eq!(names(&gone.judge).len(), 1);
    assert!(
        state
            .work(&[Event::Listed(Kind::Policy, Vec::new())], false)
            .is_some()
    );
}
