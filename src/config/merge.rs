//! A file laid over another: a value replaces the value, lists and variables
//! are added to, sections are merged key by key. Knows no defaults.

use super::diagnostic::Spanned;
use super::written::{Compose, Dependency, Healthcheck, Project, Service, Shutdown};
use crate::model::ServiceName;
use std::collections::HashMap;

/// Lays `by` over `base`.
pub fn project(base: &mut Project, by: Project) {
    over(&mut base.name, by.name);
    base.environment.extend(by.environment);
    base.refused.extend(by.refused);
    services(&mut base.services, by.services);
    match (&mut base.compose, by.compose) {
        (Some(base), Some(by)) => compose(base, by),
        (base, by) => over(base, by),
    }
    shutdown(&mut base.shutdown, by.shutdown);
}

fn services(base: &mut Vec<Service>, by: Vec<Service>) {
    let place = |(at, service): (usize, &Service)| (service.name.value.clone(), at);
    let index: HashMap<ServiceName, usize> = base.iter().enumerate().map(place).collect();
    for new in by {
        match index.get(&new.name.value).and_then(|&at| base.get_mut(at)) {
            Some(old) => service(old, new),
            None => base.push(new),
        }
    }
}

fn over<T>(base: &mut Option<T>, by: Option<T>) {
    if by.is_some() {
        *base = by;
    }
}

/// Adds words that are not there yet.
fn add(base: &mut Vec<Spanned<String>>, by: Vec<Spanned<String>>) {
    for word in by {
        if !base.iter().any(|old| old.value == word.value) {
            base.push(word);
        }
    }
}

fn service(base: &mut Service, by: Service) {
    base.has_command |= by.has_command;
    over(&mut base.command, by.command);
    over(&mut base.working_dir, by.working_dir);
    base.environment.extend(by.environment);
    base.env_files.extend(by.env_files);
    over(&mut base.port, by.port);
    for new in by.depends_on {
        dependency(&mut base.depends_on, new);
    }
    match (&mut base.healthcheck, by.healthcheck) {
        (Some(base), Some(by)) => healthcheck(base, by),
        (base, by) => over(base, by),
    }
    over(&mut base.restart, by.restart);
    over(&mut base.stop_signal, by.stop_signal);
    over(&mut base.stop_grace_period, by.stop_grace_period);
    over(&mut base.stop_command, by.stop_command);
    add(&mut base.tags, by.tags);
    add(&mut base.profiles, by.profiles);
    over(&mut base.autostart, by.autostart);
    over(&mut base.replicas, by.replicas);
    over(&mut base.tty, by.tty);
    over(&mut base.stdin_open, by.stdin_open);
    over(&mut base.startup_timeout, by.startup_timeout);
    over(&mut base.success_exit_codes, by.success_exit_codes);
    over(&mut base.forking, by.forking);
    over(&mut base.log_file, by.log_file);
    over(&mut base.log_max_size, by.log_max_size);
    over(&mut base.log_max_files, by.log_max_files);
}

fn dependency(base: &mut Vec<Dependency>, by: Dependency) {
    let Some(old) = base.iter_mut().find(|old| old.on.value == by.on.value) else {
        base.push(by);
        return;
    };
    over(&mut old.condition, by.condition);
    over(&mut old.required, by.required);
    over(&mut old.restart, by.restart);
}

fn healthcheck(base: &mut Healthcheck, by: Healthcheck) {
    base.disable = by.disable;
    base.has_probe |= by.has_probe;
    over(&mut base.probe, by.probe);
    over(&mut base.interval, by.interval);
    over(&mut base.timeout, by.timeout);
    over(&mut base.retries, by.retries);
    over(&mut base.start_period, by.start_period);
    over(&mut base.start_interval, by.start_interval);
}

fn compose(base: &mut Compose, by: Compose) {
    over(&mut base.file, by.file);
    over(&mut base.project, by.project);
    add(&mut base.profiles, by.profiles);
    over(&mut base.start, by.start);
    over(&mut base.down_volumes, by.down_volumes);
}

fn shutdown(base: &mut Shutdown, by: Shutdown) {
    over(&mut base.grace, by.grace);
    add(&mut base.patterns, by.patterns);
    add(&mut base.protect, by.protect);
    add(&mut base.keep, by.keep);
}
