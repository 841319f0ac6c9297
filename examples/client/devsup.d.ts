// The types of devsup's API. Generated from the types of the program; see README.md.

/** What a process is doing. */
export type Activity = 'running' | 'sleeping' | 'blocked' | 'stopped' | 'zombie' | 'unknown';

/** Whom one is attached to. */
export interface Attached {
  /** Whether it hears what is typed. */
  input: boolean;
  /** The instance. */
  instance: string;
  /** Its leader. */
  pid: Pid;
  /** Whether it has a terminal. */
  terminal: boolean;
}

/** What is done to one instance. */
export type Change = {
  /** The instance. */
  instance: string;
  what: 'started';
} | {
  /** Which keys have changed. */
  because: string[];
  /** The instance. */
  instance: string;
  what: 'restarted';
} | {
  /** The instance. */
  instance: string;
  what: 'stopped';
} | {
  /** The instance. */
  instance: string;
  what: 'kept';
} | {
  /** The instance. */
  instance: string;
  what: 'foreign';
};

/** Why a container, network or volume counts as ours. */
export type Claim = {
  /** Its label `devsup.run` names one of our runs. */
  run: RunId;
} | 'directory' | 'file' | 'project' | 'name';

/** The kinds of refusal. The set may grow. */
export type Code = 'bad_request' | 'not_found' | 'version' | 'unknown_service' | 'stopping' | 'conflict' | 'silent' | 'too_many' | 'forbidden' | 'unauthorized' | 'too_large' | 'not_running' | 'unreadable' | 'other';

/** One step of the containers' end, as it happens. */
export type ContainerStep = {
  /** How long it may take, in seconds; `None`: as long as it likes. */
  patience?: number | null;
  step: 'stopping';
  /** Which. */
  thing: Thing;
} | {
  step: 'waiting';
  /** Which. */
  things: Thing[];
  /** For how long, in seconds. */
  waited: number;
} | {
  /** Why. */
  haste: Haste;
  step: 'killing';
  /** Which. */
  thing: Thing;
} | Gone & {
  step: 'gone';
} | Left & {
  step: 'left';
};

/** What is wanted to run, as the config says now. */
export interface ConvergeWish {
  /** Whether services that are not declared any more are stopped. */
  all: boolean;
  /** Only say what would be done. */
  dry_run: boolean;
  /** The resolved project, as this version of devsup writes it. Its form is no part of the API. */
  project: Record<string, unknown>;
  /** Services that are to run, what they depend on included. */
  wanted: string[];
}

/** What was done, or would be. */
export interface Converged {
  /** To each instance. */
  changes: Change[];
  /** Nothing was done, only looked. */
  dry_run: boolean;
  /** All instances as they are now. */
  services: Services;
  /** Version of the API, 1. */
  version: number;
}

/** What is to be started. */
export interface DetachWish {
  /** The program and its arguments. */
  command?: string[];
  /** Where it runs, absolute. */
  directory?: string;
  /** Its environment, as pairs of name and value. */
  environment?: unknown[][];
}

/** It runs. */
export interface Detached {
  /** Its pid. */
  pid: Pid;
  /** Version of the API, 1. */
  version: number;
}

/** How something came to its end. */
export type Ending = 'stopped' | 'killed' | 'removed';

/** Something that happened in a run. */
export type Event = News & {
  /** Ask for what came after this one by `since=CURSOR`. */
  cursor: string;
  /** When it happened. */
  time: string;
  /** Version of the API, 1. */
  version: number;
};

/** Why a process counts as ours, or could be taken for it. All kinds but the last two are strong: enough alone. */
export type Evidence = 'ledger' | 'guard' | 'rlimit' | 'environment' | 'lock' | 'session' | 'group' | 'cgroup' | 'pattern' | 'directory';

/** How a process ended. Both are missing where nobody saw it. */
export interface Exit {
  /** The exit code. */
  code?: number | null;
  /** The signal that ended it, as `SIGSEGV`. */
  signal?: string | null;
}

/** The answer to a request that is not done; its status is 4xx or 5xx. */
export interface Failure {
  /** Why. */
  error: Fault;
  /** Version of the API, 1. */
  version: number;
}

/** What became of a process that was considered. */
export type Fate = 'stopped' | 'killed' | 'would_stop' | 'spared' | 'suspect' | 'kept' | 'handed_over';

/** A refusal, in words. */
export interface Fault {
  /** Which kind. */
  code: Code;
  /** The way out, where there is one. */
  hint?: string | null;
  /** What is wrong. */
  words: string;
}

/** What the stop gave back. */
export interface Freed {
  /** Their resident memory in bytes, as far as it could be read. */
  memory: number;
  /** TCP ports that are free again, in order. */
  ports: number[];
  /** Processes ended. */
  processes: number;
}

/** Something of ours that is gone (or, in a dry run, would be). */
export interface Gone {
  /** Why it was ours. */
  claim: Claim;
  /** How it ended. */
  ending: Ending;
  /** What. */
  thing: Thing;
  /** How long that took, in milliseconds. */
  took_ms: number;
}

/** Who a supervisor is. Answered by its loop, so that an answer proves that it turns. */
export interface Greeting {
  /** It has no terminal and goes on until `down`. */
  detached: boolean;
  /** Version of the program, as `0.1.0`. */
  devsup: string;
  /** How often the supervisor went on as another program. */
  handed_over?: number;
  /** It is about to. */
  handing_over?: boolean;
  /** The supervisor's pid. */
  pid: Pid;
  /** The project's name. */
  project: string;
  /** Its directory, by which two that share a socket's name are told apart. */
  root: string;
  /** The run. */
  run: RunId;
  /** When the run began. */
  started_at: string;
  /** Version of the API, 1. */
  version: number;
}

/** Why a container is killed rather than waited for. */
export type Haste = 'asked' | 'deadline' | 'unanswered';

/** What is known of an instance's health. */
export type Health = 'none' | 'starting' | 'healthy' | 'unhealthy';

/** A process that the stop ended (or, in a dry run, would end). */
export interface Hit {
  /** Its command line, capped. */
  command: string;
  /** Why it is ours, strongest first; never empty. */
  evidence: Evidence[];
  /** Its short name. */
  name: string;
  /** The phase (1 to 3) that ended it. */
  phase: number;
  /** Its pid. */
  pid: Pid;
  /** Why, in words. */
  reason?: string;
  /** The service it belongs to, where that is known. */
  service?: string | null;
  /** What became of it. */
  verdict?: Fate;
}

/** A process that keeps a service from being over. */
export interface Holdup {
  /** Its short name. */
  name: string;
  /** Its pid. */
  pid: Pid;
}

/** All that is known of one instance. */
export type Inspection = Service & {
  /** What it runs. */
  command: string;
  /** What it depends on. */
  depends_on: string[];
  /** Where it runs it. */
  directory: string;
  guard?: Pid | null;
  /** Why it went down last by itself, in words, also where it is up again. */
  last_error?: string | null;
  /** Where these listen: `127.0.0.1:8080`, or the path of a socket. */
  listens: string[];
  probe?: Probe | null;
  /** Its process and all below it that live. */
  processes: Pid[];
  /** When it is started again. */
  restart: RestartRule;
  /** How long it has been up, in milliseconds. */
  uptime_ms?: number | null;
};

/** All that is known of some instances. */
export interface Inspections {
  /** The instances. */
  services: Inspection[];
  /** Version of the API, 1. */
  version: number;
}

/** Whom to kill. */
export type KillOrder = KillScope & {
  /** Say who would be hit, and hit nobody. */
  dry_run?: boolean;
  /** As `SIGKILL`, the default, or any other. SIGKILL goes to everything that is meant and to all below it, any other signal to the process groups of the services. */
  signal?: string;
};

/** How far a kill reaches. Whatever it names, only what is ours is ever hit. */
export type KillScope = {
  /** Its pid. */
  pid: Pid;
  scope: 'single';
  /** When it started, in ticks since boot, as the tree says: the pid then can't have gone to another process meanwhile. */
  start?: number | null;
} | {
  /** Its name. */
  name: string;
  scope: 'service';
} | {
  /** Its id. */
  id: string;
  scope: 'job';
} | {
  scope: 'tag';
  /** The tag. */
  tag: string;
} | {
  scope: 'project';
} | {
  scope: 'all_except_services';
} | {
  scope: 'all';
};

/** Which signal whom. */
export interface KillWish {
  /** A service or an instance. */
  name: string;
  /** As `SIGHUP`, `HUP` or `1`; SIGKILL if it is left out. */
  signal?: string;
}

/** What became of it. */
export interface Killed {
  /** Who was not. */
  failed: Missed[];
  /** Who was hit, or was gone already. */
  killed: Pid[];
  plan?: Plan | null;
  /** Version of the API, 1. */
  version: number;
}

/** What a process is to us. */
export type Kind = 'service' | 'job' | 'stray' | 'suspect' | 'devsup' | 'other';

/** Something of ours that is still there: exit status 6. */
export interface Left {
  /** Why it is ours. */
  claim: Claim;
  /** Why it could not be ended, in words. */
  reason: string;
  /** What. */
  thing: Thing;
}

/** A line that a service wrote. */
export interface LogLine {
  /** The place behind this line in the log of its instance. Those of several instances, joined by commas, are a cursor of all of them. */
  cursor?: string | null;
  /** Which copy of it. */
  instance: string;
  /** Without colours, bytes that are no UTF-8 replaced. */
  line: string;
  /** Whether the line goes on in the next one of this stream. */
  partial: boolean;
  /** The declared service. */
  service: string;
  /** `stdout` or `stderr`; a terminal is `stdout`. `devsup` where lines are missing, which `line` says. */
  stream: string;
  /** When, RFC 3339, UTC. */
  time: string;
  /** Version of this form, 1. */
  version: number;
}

/** A process that was named or hit, and not killed. */
export interface Missed {
  /** Its pid. */
  pid: Pid;
  /** Why. */
  reason: Reason;
  /** The same in words. */
  words: string;
}

/** An instance of a service and its leader. */
export interface Named {
  /** The leader's pid. */
  pid: Pid;
  /** The instance's name. */
  service: string;
}

/** What can happen. The set may grow. */
export type News = Service & {
  event: 'service';
} | {
  event: 'signal';
  /** The instance. */
  instance: string;
  /** Its own process. */
  pid: Pid;
  /** The signal, as `SIGHUP`. */
  signal: string;
} | {
  event: 'said';
  /** What, without colours; can be several lines. */
  words: string;
} | {
  event: 'stopping';
} | {
  /** Whether nothing is left. */
  clean: boolean;
  event: 'stopped';
} | {
  event: 'gap';
  /** How many, where that is known. */
  missed?: number | null;
} | {
  event: 'other';
};

/** A state in the one word that users see. */
export type Phase = 'pending' | 'starting' | 'running' | 'stopping' | 'stopped' | 'completed' | 'failed';

/** A process id greater than 1. The numbers that `kill` treats specially (0, -1, negative groups) and init can't be written in this type. */
export type Pid = number;

/** Whom a kill would hit and whom not. */
export interface Plan {
  /** Who was named and is refused. */
  refused: Missed[];
  /** The signal. */
  signal: string;
  /** Who of those in sight is not. */
  spared: Untouched[];
  /** Who is hit, descendants first. */
  targets: Target[];
}

/** A health check, and what it has said. */
export interface Probe {
  /** What is asked, as `http://127.0.0.1:8080/health`. */
  asks: string;
  /** Checks that failed since the last good one. */
  failed_in_a_row: number;
  /** Where the service listens instead, if that explains the answer. */
  hint?: string | null;
  /** The last answer, if there was one. */
  last_answer?: string | null;
}

/** A process of the table. */
export interface Process {
  /** Its command line, capped. */
  command: string;
  /** Percent of one processor. */
  cpu: number;
  /** The same with all below it. */
  cpu_tree: number;
  /** The directory it is in, where that may be known. */
  cwd?: string | null;
  /** How many of those shown stand above it. */
  depth: number;
  /** Why it is ours, strongest first. */
  evidence: Evidence[];
  /** Which copy of it. */
  instance?: string | null;
  /** The job it belongs to. */
  job?: string | null;
  /** What it is to us. */
  kind: Kind;
  /** Whether it is the own process of a service or a job. */
  leader: boolean;
  /** Resident memory in bytes. */
  memory: number;
  /** The same with all below it; what they share is counted for each. */
  memory_tree: number;
  /** Its short name. */
  name: string;
  /** Its parent's pid; 0 for none that can be seen. */
  parent: number;
  /** Its pid. */
  pid: Pid;
  /** TCP ports it listens on. */
  ports: number[];
  /** The name of its project. */
  project?: string | null;
  /** Why it is taken for what it is, where evidence does not say it. */
  reason?: string | null;
  run?: RunId | null;
  /** The service it belongs to. */
  service?: string | null;
  /** When it started, in ticks since boot: with the pid, who it is. */
  start: number;
  /** When it started. */
  started_at?: string | null;
  /** What it is doing. */
  state: Activity;
  /** What its service or job is tagged with. */
  tags: string[];
  /** How many threads it has. */
  threads: number;
}

/** The processes of a project as a tree: each stands behind its parent, and `depth` says how far below. */
export interface Processes {
  /** Those shown. */
  processes: Process[];
  /** The project's name. */
  project: string;
  /** Its directory. */
  root: string;
  run?: RunId | null;
  /** How long the look took, in milliseconds. */
  took_ms: number;
  /** What those shown use together. */
  totals: Totals;
  /** Version of the API, 1. */
  version: number;
}

/** One step of a stop, in the order of the phases. */
export type Progress = {
  /** Nobody is asked, all are told. */
  forced: boolean;
  /** Services that run. */
  services: number;
  step: 'begun';
} | {
  /** The command that is run instead, if one is. */
  command?: string | null;
  /** What it was sent. */
  signal: string;
  step: 'asked';
  /** The service. */
  who: Named;
} | {
  /** Time until the patience of this level is over, in milliseconds. */
  left_ms: number;
  /** Who they are. */
  on: Waited[];
  step: 'waiting';
  /** Time since the first of them was asked, in milliseconds. */
  waited_ms: number;
} | {
  step: 'ended';
  /** Time since it was asked, in milliseconds. */
  took_ms: number;
  /** The service. */
  who: Named;
} | {
  step: 'hurried';
} | {
  /** Who had to be killed. */
  killed: Named[];
  step: 'forced';
} | {
  /** What it found and killed. */
  found: Hit[];
  step: 'orphans';
} | {
  /** Which. */
  doing: ContainerStep;
  step: 'container';
} | {
  step: 'containers';
  /** What became of it, in words. */
  words: string;
} | {
  /** Containers, networks and volumes left. */
  containers?: number;
  /** Ports left. */
  ports: number;
  /** Processes left. */
  processes: number;
  step: 'verified';
} | {
  step: 'note';
  /** The sentence. */
  words: string;
};

/** A project that can be asked. */
export interface ProjectEntry {
  /** Whether it is the one that is served from. */
  here: boolean;
  /** What it is asked by: `/p/KEY/v1/...`. */
  key: string;
  /** Its name. */
  project: string;
  /** Its directory. */
  root: string;
  /** Whether a supervisor answers for it. */
  running: boolean;
}

/** The projects of this user that run, and the one that is served from. */
export interface Projects {
  /** The projects, the one that is served from first. */
  projects: ProjectEntry[];
  /** Version of the API, 1. */
  version: number;
}

/** Why a process was not killed. The set is closed. */
export type Reason = 'not_ours' | 'permission_denied' | 'kill_failed' | 'system_error';

/** Which program the supervisor is to go on as. */
export interface ReloadWish {
  /** Its version, for people. */
  devsup: string;
  /** The version of the letter that it can read. */
  form: number;
  /** The program's file, absolute. */
  program: string;
}

/** One line of the answer to a stop. */
export type Reply = {
  /** How far the stop is. */
  progress: Progress;
} | {
  /** The stop is over; nothing follows. */
  report: Report;
};

/** The end of every stop. */
export interface Report {
  /** What became of containers, networks and volumes. */
  containers?: Teardown;
  /** Nothing was done, only looked. */
  dry_run: boolean;
  /** What was given back. */
  freed: Freed;
  /** Processes ended (or that would be). */
  hits: Hit[];
  /** Things worth a sentence: a ledger that was not believed, a phase that could not look everywhere. */
  notes: string[];
  /** The project's name. */
  project: string;
  run?: RunId | null;
  /** Processes looked at and left alone. */
  spared: Spared[];
  /** Who left processes behind. */
  strays?: Strays[];
  /** What is left. */
  survivors: Survivor[];
  /** How long it took, in milliseconds. */
  took_ms: number;
  /** How it went. */
  verdict: Verdict;
  /** Version of this form; 1. */
  version: number;
}

/** When a service is started again. */
export interface RestartRule {
  /** How often in a row it was. */
  in_a_row: number;
  /** How often in a row at most. */
  max?: number | null;
  /** `no`, `always`, `on-failure` or `unless-stopped`. */
  policy: string;
}

/** The id of a run: 128 random bits, written as 32 hexadecimal digits. */
export type RunId = string;

/** One instance of a service. */
export interface Service {
  /** When it ended last, if it does not run. */
  ended_at?: string | null;
  /** What went wrong last, in words. */
  error?: string | null;
  exit?: Exit | null;
  /** What its probe says. */
  health: Health;
  /** Which copy of it: `web`, or `web.2` where there are several. */
  instance: string;
  /** Its log file. */
  log: string;
  pid?: Pid | null;
  /** The port that it was told to listen on. */
  port?: number | null;
  /** Whether it does what it is for: it runs and is not unhealthy, or has completed. */
  ready: boolean;
  /** How often it was started again by its restart policy or on request. */
  restarts: number;
  /** The declared service. */
  service: string;
  /** When it was started last. */
  started_at?: string | null;
  /** How often it was started, by whomever. */
  starts: number;
  /** Where it is in its life. */
  state: Phase;
  /** What it is tagged with. */
  tags: string[];
  /** Where to reach it, if it promised to listen. */
  url?: string | null;
  /** What it waits for before it starts. */
  waits_for: string[];
}

/** All instances of a run, in the order of the file. */
export interface Services {
  /** The project's name. */
  project: string;
  /** Its directory. */
  root: string;
  /** The run. */
  run: RunId;
  /** The instances. */
  services: Service[];
  /** Everything is being stopped. */
  stopping: boolean;
  /** Version of the API, 1. */
  version: number;
}

/** A process that was looked at and left alone. */
export interface Spared {
  /** Its command line, capped. */
  command: string;
  /** What speaks for its being ours. */
  evidence?: Evidence[];
  /** Its short name. */
  name: string;
  /** Its pid. */
  pid: Pid;
  /** Why it was left alone, in words. */
  reason: string;
  /** What became of it. */
  verdict?: Fate;
}

/** Something that was looked at and left alone. */
export type SparedThing = WhySpared & {
  /** What. */
  thing: Thing;
};

/** How everything is to be stopped. */
export interface StopWish {
  /** Ask nobody, kill all. While a stop is on: end its patience. */
  force?: boolean;
  /** A patience for every service instead of its own, in milliseconds. */
  grace_ms?: number | null;
  /** Remove the volumes of the project's containers too. */
  volumes?: boolean;
}

/** A service that left processes behind when it ended. */
export interface Strays {
  /** How many this time. */
  processes: number;
  /** How many runs that was looked at in. */
  runs: number;
  /** The instance. */
  service: string;
  /** In how many of the last runs it did so, this one included. */
  times: number;
}

/** A process of ours that is still there, or a port that is still taken. */
export type Survivor = {
  /** Its command line, capped. */
  command: string;
  /** Why it is ours. */
  evidence: Evidence[];
  kind: 'process';
  /** Its short name. */
  name: string;
  /** Its pid. */
  pid: Pid;
  /** Why it could not be ended, in words. */
  reason: string;
} | {
  /** Who holds it, in words; `None`: can't be told. */
  holder?: string | null;
  kind: 'port';
  /** The port. */
  port: number;
  /** The service that declares it. */
  service: string;
} | Left & {
  kind: 'container';
} | {
  kind: 'engine';
  /** Why, in words. */
  reason: string;
} | {
  kind: 'lock';
  /** Its path. */
  path: string;
} | {
  kind: 'unseen';
  /** What, in words. */
  what: string;
};

/** A process that is hit. */
export interface Target {
  /** Its command line, capped. */
  command: string;
  /** Why it is ours, strongest first. */
  evidence: Evidence[];
  /** The copy of a service that it belongs to. */
  instance?: string | null;
  /** The job it belongs to. */
  job?: string | null;
  /** What it is to us. */
  kind: Kind;
  /** Its pid. */
  pid: Pid;
  /** The name of its project. */
  project?: string | null;
  /** When it started, in ticks since boot. */
  start: number;
}

/** What became of all containers, networks and volumes. */
export interface Teardown {
  /** Nothing was done, only looked. */
  dry_run: boolean;
  /** The engines that answered, by the address they were asked at. */
  engines: string[];
  /** What is gone (in a dry run: would be). */
  gone: Gone[];
  /** What is ours and still there. */
  left: Left[];
  /** Things worth a sentence. */
  notes: string[];
  /** What was looked at and left alone. */
  spared: SparedThing[];
  /** How long it took, in milliseconds. */
  took_ms: number;
}

/** A container, network or volume, named so that a person finds it again. */
export interface Thing {
  /** The engine's id; of a volume its name. */
  id: string;
  /** Which of the three. */
  kind: ThingKind;
  /** Its name, without the engine's leading slash. */
  name: string;
  /** The compose project its labels name. */
  project?: string | null;
  /** The compose service its labels name. */
  service?: string | null;
}

/** What kind of thing an engine keeps. */
export type ThingKind = 'container' | 'network' | 'volume';

/** What those shown use together. */
export interface Totals {
  /** Percent of one processor. */
  cpu: number;
  /** Resident memory in bytes. */
  memory: number;
  /** How many there are. */
  processes: number;
}

/** A process that is left alone. */
export interface Untouched {
  /** Its command line, capped. */
  command: string;
  /** Its pid. */
  pid: Pid;
  /** Why it is left alone, in words. */
  reason: string;
}

/** How the stop went, in one word. */
export type Verdict = 'nothing' | 'clean' | 'left';

/** Somebody who takes their time. */
export interface Waited {
  /** The signal it was sent and ignores, so that waiting is in vain. */
  ignores?: string | null;
  /** One that it does not ignore, and that may be the one it waits for. */
  instead?: string | null;
  /** Time until its own patience is over, in milliseconds. */
  left_ms: number;
  /** How many more are still there. */
  more: number;
  process?: Holdup | null;
  /** What it was sent. */
  signal: string;
  /** The service. */
  who: Named;
}

/** Why something was left alone. */
export type WhySpared = {
  /** The directory its labels name. */
  directory: string;
  why: 'same_name';
} | {
  /** The directory its labels name. */
  directory: string;
  why: 'other_project';
} | {
  why: 'no_directory';
} | {
  why: 'not_compose';
} | {
  why: 'inside';
} | {
  /** The names of the containers that do. */
  by: string[];
  why: 'in_use';
} | {
  why: 'kept';
} | {
  why: 'before';
} | {
  why: 'unsure';
};

/** What can be asked: what is sent, and what comes back. */
export interface Requests {
  /** Brings what runs to what the config says: starts what is missing, restarts what has changed, and only that. `devsup up` asks this of a project that runs. */
  'POST /v1/converge': { query: {}; body: ConvergeWish; answer: Converged };
  /** Starts something that no stop of this run ends, and that wears no mark of it: a helper that is shared with others. */
  'POST /v1/detach': { query: {}; body: DetachWish; answer: Detached };
  /** Stops everything and proves it. Answered by progress, and at last by the report. */
  'POST /v1/down': { query: {}; body: StopWish | null; answer: Reply };
  /** What happens in the run, an object for each event. */
  'GET /v1/events': { query: { since?: string; follow?: boolean }; body: undefined; answer: Event };
  /** Who the supervisor is; its loop answers, so that an answer proves that it turns. */
  'GET /v1/hello': { query: {}; body: undefined; answer: Greeting };
  /** All that is known of a service, named by its name, a pid or a port. */
  'GET /v1/inspect': { query: { name?: string; pid?: number; port?: number }; body: undefined; answer: Inspections };
  /** Sends the process group of a service a signal. */
  'POST /v1/kill': { query: {}; body: KillWish; answer: Services };
  /** What services wrote, an object for each line, several merged in the order of their times. */
  'GET /v1/logs': { query: { name?: string; follow?: boolean; tail?: number; since?: string; until?: string; grep?: string; colours?: boolean; cursor?: string }; body: undefined; answer: LogLine };
  /** The processes of the project as a tree. Who accepts `text/event-stream` is shown the tree again and again. */
  'GET /v1/processes': { query: { project?: string; service?: string; job?: string; tag?: string; pid?: number; leaders_only?: boolean; cwd?: string; interval_ms?: number }; body: undefined; answer: Processes };
  /** Kills what is meant, children before parents, and nothing that is not ours. With `dry_run` it says who would be hit and who is spared. */
  'POST /v1/processes/kill': { query: {}; body: KillOrder; answer: Killed };
  /** Has the supervisor go on as another program, mostly a newer devsup, while everything runs. Answered just before it happens; once it has, `handed_over` of `/v1/hello` is higher by one. */
  'POST /v1/reload': { query: {}; body: ReloadWish; answer: Greeting };
  /** All services of the run, an object for each instance. */
  'GET /v1/services': { query: {}; body: undefined; answer: Services };
  /** The instances of one service, or one instance. */
  'GET /v1/services/{name}': { query: {}; body: undefined; answer: Services };
  /** Attaches to one instance: an upgrade to `devsup-attach`. */
  'GET /v1/services/{name}/attach': { query: {}; body: undefined; answer: unknown };
  /** Stops a service and starts it again; one that is down is started. */
  'POST /v1/services/{name}/restart': { query: {}; body: undefined; answer: Services };
  /** Has a service run, with what it depends on. */
  'POST /v1/services/{name}/start': { query: {}; body: undefined; answer: Services };
  /** Asks a service to stop, and kills what is left of it after its grace. The others go on. */
  'POST /v1/services/{name}/stop': { query: {}; body: undefined; answer: Services };
  /** Waits until services are ready, or down. Answers what they are then, also when the time was over before. */
  'GET /v1/wait': { query: { names?: string; until?: 'ready' | 'down'; timeout_ms?: number }; body: undefined; answer: Services };
}
