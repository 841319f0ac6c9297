//! The verbs about processes.

use super::super::complete;
use super::running::{Place, signal};
use crate::model::Signal;
use clap::{ArgGroup, Args};
use clap_complete::engine::ArgValueCandidates;

/// `devsup tree`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup tree                   every process of the services, and strays apart
  devsup tree web               those of web
  devsup tree --leaders-only    the services' own processes

MEMORY is resident memory; WITH BELOW adds that of all below, where what they
share is counted for each. Processors are watched for a fifth of a second.

The JSON has version (1), project, root, run, took_ms, totals {processes, cpu,
memory} and processes, each behind its parent, with pid, parent, depth, start,
started_at, name, command, cwd, state, cpu, cpu_tree, memory, memory_tree, threads,
ports, kind (service, job, stray, suspect or other), leader, service, instance, job,
tags, project, run, evidence and reason.")]
pub struct Tree {
    /// Only this service, or this copy of it
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::running))]
    pub name: Option<String>,
    /// Only services and jobs with this tag
    #[arg(long, value_name = "TAG", add = ArgValueCandidates::new(complete::tags))]
    pub tag: Option<String>,
    /// Only this job
    #[arg(long, value_name = "ID")]
    pub job: Option<String>,
    /// Only this process and all below it
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(i32).range(2..))]
    pub pid: Option<i32>,
    /// Only the own processes of services and jobs
    #[arg(long)]
    pub leaders_only: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Which project
    #[command(flatten)]
    pub place: Place,
}

/// `devsup serve`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  devsup serve                  on 127.0.0.1, and print the address
  devsup serve --open           the same, and open it in a browser

Serves the same API that `devsup` itself uses, and a page: services, processes as a
tree, logs. Nobody gets in without the token in the address, which is another one
each time; `Authorization: Bearer TOKEN` lets other programs in. Requests by other
pages and for other hosts are refused.")]
pub struct Serve {
    /// The port; 7171, or any free one where that is taken
    #[arg(short, long, value_name = "PORT", env = "DEVSUP_SERVE_PORT")]
    pub port: Option<u16>,
    /// Open the page in a browser
    #[arg(short, long)]
    pub open: bool,
    /// Listen on this address instead of the loopback; needs --i-know
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub listen: std::net::IpAddr,
    /// Listen where other machines can connect: the token is all that keeps them
    /// out, and it is sent unencrypted
    #[arg(long)]
    pub i_know: bool,
    /// Which project
    #[command(flatten)]
    pub place: Place,
}

/// `devsup kill`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true).multiple(false))]
#[command(after_long_help = "\
Examples:
  devsup kill web                        web and all below it; it stays down
  devsup kill -s HUP proxy               have it read its config again
  devsup kill --pid 1234                 one process and all below it
  devsup kill --all-except-services      jobs and strays; services go on
  devsup kill --project --dry-run        who would be hit, and who is spared

Children are killed before their parents, after all of them were frozen, so that
none gets away. Only what is proven to be of this project is hit; everything else
is refused with the reason. SIGKILL goes to everything that is meant, any other
signal to the process group of the service, or to the one process.
A service that is killed by its name stays down; one whose process is killed by
its pid may be started again by its restart policy.

The JSON has version (1), killed (pids; who was gone already counts) and failed, a
list of {pid, reason, words}; reason is not_ours, permission_denied, kill_failed or
system_error. With --dry-run it has plan, with targets, spared and refused.
Exit status: 0 all are gone, 1 some are not.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub struct Kill {
    /// Services, or copies of them, as `web` or `web.2`
    #[arg(value_name = "NAME", group = "whom", add = ArgValueCandidates::new(complete::running))]
    pub names: Vec<String>,
    /// One process, and with SIGKILL all below it
    #[arg(long, value_name = "PID", group = "whom", value_parser = clap::value_parser!(i32).range(2..))]
    pub pid: Option<i32>,
    /// A job
    #[arg(long, value_name = "ID", group = "whom")]
    pub job: Option<String>,
    /// All services and jobs with this tag
    #[arg(long, value_name = "TAG", group = "whom", add = ArgValueCandidates::new(complete::tags))]
    pub tag: Option<String>,
    /// Everything of this project: services, jobs and strays
    #[arg(long, group = "whom")]
    pub project: bool,
    /// Jobs and strays of this project; its services go on
    #[arg(long, group = "whom")]
    pub all_except_services: bool,
    /// Every run and job of this user
    #[arg(long, group = "whom")]
    pub all: bool,
    /// The signal, as `HUP`, `SIGHUP` or `1`
    #[arg(short, long, value_name = "SIGNAL", default_value = "KILL", value_parser = signal)]
    pub signal: Signal,
    /// Show who would be hit and who is spared, and hit nobody
    #[arg(long)]
    pub dry_run: bool,
    /// The pid of `--pid` once more, if it is not ours: kill it all the same
    #[arg(long, value_name = "PID", requires = "pid", conflicts_with = "dry_run", value_parser = clap::value_parser!(i32).range(2..))]
    pub force_stranger: Option<i32>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Which project
    #[command(flatten)]
    pub place: Place,
}
