//! Which services an `up` is about.

use super::{Project, Service, instead};
use std::collections::BTreeSet;

/// How services were chosen on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these; empty: all that start by themselves.
    pub names: Vec<String>,
    /// All but these.
    pub except: Vec<String>,
    /// Only those with one of these tags.
    pub tags: Vec<String>,
    /// Without what they depend on.
    pub without_dependencies: bool,
}

/// A name or tag that nothing has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// No such service.
    #[error("there is no service `{0}`; {1}")]
    Service(String, String),
    /// No such tag.
    #[error("no service has the tag `{0}`; {1}")]
    Tag(String, String),
}

/// Indices of the chosen services and what they depend on, in file order.
pub fn select(project: &Project, how: &Selection) -> Result<Vec<usize>, Unknown> {
    for name in how.names.iter().chain(&how.except) {
        find(project, name)?;
    }
    for tag in &how.tags {
        if !project.services.iter().any(|service| service.tags.contains(tag)) {
            return Err(unknown_tag(project, tag));
        }
    }
    let mut chosen: Vec<usize> =
        (0..project.services.len()).filter(|&at| is_chosen(&project.services[at], how)).collect();
    if !how.without_dependencies {
        add_dependencies(project, &mut chosen, &how.except);
    }
    chosen.sort_unstable();
    Ok(chosen)
}

fn find(project: &Project, name: &str) -> Result<usize, Unknown> {
    let position = project.services.iter().position(|service| service.name.as_str() == name);
    position.ok_or_else(|| {
        let names = project.services.iter().map(|service| service.name.as_str());
        Unknown::Service(name.to_owned(), instead(name, names))
    })
}

fn unknown_tag(project: &Project, tag: &str) -> Unknown {
    let tags = project.services.iter().flat_map(|service| &service.tags).map(String::as_str);
    let tags: BTreeSet<&str> = tags.collect();
    Unknown::Tag(tag.to_owned(), instead(tag, tags))
}

fn is_chosen(service: &Service, how: &Selection) -> bool {
    let name = service.name.as_str();
    if how.except.iter().any(|except| except == name) {
        return false;
    }
    if how.names.iter().any(|wanted| wanted == name) {
        return true;
    }
    let by_tag = how.tags.iter().any(|tag| service.tags.contains(tag));
    let by_itself = how.names.is_empty() && how.tags.is_empty() && service.autostart;
    by_tag || by_itself
}

fn add_dependencies(project: &Project, chosen: &mut Vec<usize>, except: &[String]) {
    let mut at = 0;
    while at < chosen.len() {
        for dependency in &project.services[chosen[at]].depends_on {
            let on = dependency.on.as_str();
            let found = project.services.iter().position(|service| service.name.as_str() == on);
            if let Some(found) = found
                && !chosen.contains(&found)
                && !except.iter().any(|name| name == on)
            {
                chosen.push(found);
            }
        }
        at += 1;
    }
}
