//! Which kustomization refers to which directory and file, and which are built for themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{FILE_NAMES, Kustomization, Use};

/// What a reference leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Another kustomization of the graph.
    Member(usize),
    /// A file.
    File(PathBuf),
    /// Something that is not in the repository.
    Remote(Box<str>),
    /// A path that leads nowhere.
    Missing(Box<str>),
}

/// One kustomization in the graph.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its file; canonical.
    pub file: PathBuf,
    /// Its directory; canonical.
    pub directory: PathBuf,
    /// Its content; `None` where the file could not be read or parsed.
    pub kustomization: Option<Kustomization>,
    /// What it refers to, in order.
    pub targets: Vec<(Use, Target)>,
}

/// A file that a build reads, and through which kustomizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The file; canonical.
    pub file: PathBuf,
    /// What for.
    pub role: Use,
    /// The kustomizations on the way, from the one that is built to the one that names the file.
    pub chain: Vec<usize>,
}

/// The kustomizations of a run and their references.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    members: Vec<Member>,
}

impl Graph {
    /// Builds the graph from the kustomization files `starts` and everything that they lead to.
    ///
    /// `starts` are canonical paths. `read` gives the content of a kustomization file, or `None` where it cannot be
    /// read or parsed: such a member stays in the graph and refers to nothing.
    pub fn build(starts: &[PathBuf], read: &mut dyn FnMut(&Path) -> Option<Kustomization>) -> Self {
        let mut graph = Self::default();
        let mut known: BTreeMap<PathBuf, usize> = BTreeMap::new();
        let mut pending: Vec<PathBuf> = starts.iter().rev().cloned().collect();
        let mut references = Vec::new();
        while let Some(file) = pending.pop() {
            if known.contains_key(&file) {
                continue;
            }
            let directory = file.parent().unwrap_or(Path::new("/")).to_owned();
            let kustomization = read(&file);
            let mut found = Vec::new();
            for reference in kustomization.iter().flat_map(Kustomization::references) {
                let place = resolve(&directory, &reference.path);
                if let Place::Kustomization(file) = &place {
                    pending.push(file.clone());
                }
                found.push((reference.role, place));
            }
            known.insert(file.clone(), graph.members.len());
            references.push(found);
            graph.members.push(Member {
                file,
                directory,
                kustomization,
                targets: Vec::new(),
            });
        }
        for (member, found) in graph.members.iter_mut().zip(references) {
            let target = |place| match place {
                Place::Kustomization(file) => known
                    .get(&file)
                    .map_or(Target::File(file), |&at| Target::Member(at)),
                Place::File(file) => Target::File(file),
                Place::Remote(url) => Target::Remote(url),
                Place::Missing(path) => Target::Missing(path),
            };
            member.targets = found
                .into_iter()
                .map(|(role, place)| (role, target(place)))
                .collect();
        }
        graph
    }

    /// All kustomizations; the indices of [`Target::Member`] and [`Reached::chain`] point into them.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The kustomization with this index.
    pub fn get(&self, index: usize) -> Option<&Member> {
        self.members.get(index)
    }

    /// The kustomizations that are built for themselves: those of `starts` that no other refers to and that are no
    /// components. Of a circle, which kustomize refuses, the first member counts.
    pub fn roots(&self, starts: &[PathBuf]) -> Vec<usize> {
        let mut used = BTreeSet::new();
        for member in &self.members {
            used.extend(
                member
                    .targets
                    .iter()
                    .filter_map(|(_, target)| match target {
                        Target::Member(to) => Some(*to),
                        _ => None,
                    }),
            );
        }
        let starts: BTreeSet<&PathBuf> = starts.iter().collect();
        let candidates: Vec<usize> = (0..self.members.len())
            .filter(|&at| {
                self.members
                    .get(at)
                    .is_some_and(|member| starts.contains(&member.file) && !is_component(member))
            })
            .collect();
        let mut roots: Vec<usize> = candidates
            .iter()
            .copied()
            .filter(|at| !used.contains(at))
            .collect();
        let mut covered = BTreeSet::new();
        for &root in &roots {
            self.cover(root, &mut covered);
        }
        // What no root leads to stands in a circle, or is used only by components that nobody uses.
        for at in candidates {
            let in_circle = !covered.contains(&at) && self.leads_to(at, at);
            if in_circle {
                self.cover(at, &mut covered);
                roots.push(at);
            }
        }
        roots.sort_by(|a, b| self.file(*a).cmp(&self.file(*b)));
        roots
    }

    /// The components of the graph that no root uses, with the files only they name.
    pub fn unused_components(&self, roots: &[usize]) -> Vec<usize> {
        let mut covered = BTreeSet::new();
        for &root in roots {
            self.cover(root, &mut covered);
        }
        (0..self.members.len())
            .filter(|at| !covered.contains(at))
            .filter(|&at| self.members.get(at).is_some_and(is_component))
            .collect()
    }

    /// The files that the build of a member reads, kustomization files apart; each once, by the first way to it.
    pub fn reach(&self, root: usize) -> Vec<Reached> {
        let mut found = Vec::new();
        let mut files = BTreeSet::new();
        let mut seen = BTreeSet::from([root]);
        let mut pending = vec![vec![root]];
        while let Some(chain) = pending.pop() {
            let Some(member) = chain.last().and_then(|&at| self.get(at)) else {
                continue;
            };
            let mut deeper = Vec::new();
            for (role, target) in &member.targets {
                match target {
                    Target::File(file) if files.insert(file.clone()) => found.push(Reached {
                        file: file.clone(),
                        role: *role,
                        chain: chain.clone(),
                    }),
                    Target::Member(to) if seen.insert(*to) => {
                        let mut way = chain.clone();
                        way.push(*to);
                        deeper.push(way);
                    }
                    _ => {}
                }
            }
            pending.extend(deeper.into_iter().rev());
        }
        found
    }

    /// All members that the build of `root` reads, itself included, in a fixed order.
    pub fn closure(&self, root: usize) -> BTreeSet<usize> {
        let mut covered = BTreeSet::new();
        self.cover(root, &mut covered);
        covered
    }

    /// The members that the build of `root` reads, from `root` inwards: whoever comes first has the last word.
    pub fn outside_in(&self, root: usize) -> Vec<usize> {
        let mut order = vec![root];
        let mut at = 0;
        while let Some(&member) = order.get(at) {
            at += 1;
            // Components come after resources and change them.
            let found: Vec<usize> = self.uses(member).collect();
            for used in found.into_iter().rev() {
                if !order.contains(&used) {
                    order.push(used);
                }
            }
        }
        order
    }

    /// Why the build of a member cannot succeed without a network or with the tools we use; `None` where it may.
    pub fn obstacle(&self, root: usize) -> Option<String> {
        for at in self.closure(root) {
            let member = self.get(at)?;
            let Some(kustomization) = &member.kustomization else {
                return Some("its kustomization, or one that it uses, does not parse".to_owned());
            };
            if kustomization.inflates_charts() {
                return Some(
                    "it inflates Helm charts, which neither Flux nor kpolicy does".to_owned(),
                );
            }
            for (_, target) in &member.targets {
                if let Target::Remote(url) = target {
                    return Some(format!(
                        "it refers to `{url}`, which is not in the repository"
                    ));
                }
            }
        }
        None
    }

    fn cover(&self, root: usize, covered: &mut BTreeSet<usize>) {
        let mut pending = vec![root];
        while let Some(at) = pending.pop() {
            if covered.insert(at) {
                pending.extend(self.uses(at));
            }
        }
    }

    fn leads_to(&self, from: usize, to: usize) -> bool {
        let mut seen = BTreeSet::new();
        let mut pending: Vec<usize> = self.uses(from).collect();
        while let Some(at) = pending.pop() {
            if at == to {
                return true;
            }
            if seen.insert(at) {
                pending.extend(self.uses(at));
            }
        }
        false
    }

    fn uses(&self, at: usize) -> impl Iterator<Item = usize> {
        self.get(at)
            .into_iter()
            .flat_map(|member| &member.targets)
            .filter_map(|(_, target)| match target {
                Target::Member(to) => Some(*to),
                _ => None,
            })
    }

    fn file(&self, at: usize) -> Option<&PathBuf> {
        self.get(at).map(|member| &member.file)
    }
}

fn is_component(member: &Member) -> bool {
    member
        .kustomization
        .as_ref()
        .is_some_and(Kustomization::is_component)
}

enum Place {
    Kustomization(PathBuf),
    File(PathBuf),
    Remote(Box<str>),
    Missing(Box<str>),
}

fn resolve(directory: &Path, path: &str) -> Place {
    let Ok(found) = fs::canonicalize(directory.join(path)) else {
        return if is_remote(path) {
            Place::Remote(path.into())
        } else {
            Place::Missing(path.into())
        };
    };
    if !found.is_dir() {
        return Place::File(found);
    }
    FILE_NAMES
        .iter()
        .map(|name| found.join(name))
        .find(|file| file.is_file())
        .map_or_else(|| Place::Missing(path.into()), Place::Kustomization)
}

/// Whether kustomize would take a path that does not exist for a URL or a repository.
fn is_remote(path: &str) -> bool {
    path.contains("://")
        || path.contains("?ref=")
        || path.contains("git@")
        || path.contains(".git/")
        || path.rsplit_once('.').is_some_and(|(_, end)| end == "git")
        || path.starts_with("github.com/")
        || path.starts_with("git::")
}

#[cfg(test)]
mod tests;
