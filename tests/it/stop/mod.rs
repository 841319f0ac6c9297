//! What services do to escape, and that none of them does: every scenario with
//! bystanders who must live, and an oracle that does not ask devsup.
//!
//! | what happens | who tries it |
//! | --- | --- |
//! | a plain tree | `stop::escapes::plain_tree` |
//! | an orphaned grandchild | `stop::escapes::orphaned_grandchild` |
//! | the leader exits first while a child ignores TERM | `stop::escapes::leader_exits_first_while_a_child_ignores_term` |
//! | setpgid | `stop::escapes::group_of_its_own` |
//! | setsid | `stop::escapes::session_of_its_own` |
//! | double fork | `stop::escapes::double_fork` |
//! | chdir /, closed descriptors | `stop::escapes::descriptors_closed_and_elsewhere` |
//! | `env -i`, an overwritten environment | `stop::escapes::environment_gone` |
//! | a full daemon of another program | `stop::escapes::full_daemon_of_another_program` |
//! | the same, the supervisor killed | `stop::deaths::supervisor_killed_full_daemon` |
//! | the same, supervisor and guards killed | `stop::deaths::all_of_devsup_killed_full_daemon` |
//! | each escape alone, all of devsup killed | `stop::deaths::all_of_devsup_killed_each_escape_alone` |
//! | the same, and no records | `stop::limits::without_records_and_without_guards_sweep_finds_everything` |
//! | no mark left at all, and a cgroup | `stop::cgroups::what_has_lost_every_mark_is_found_without_a_guard` |
//! | TERM ignored | `stop::escapes::signals_ignored` |
//! | stopped but polite | `stop::escapes::stopped_but_polite` |
//! | slow but polite | `stop::escapes::slow_but_polite` |
//! | a stopped guard | `stop::deaths::guard_stopped` |
//! | a new process all the time, every 1 ms, every 20 ms | `stop::swarms::another_process_all_the_time`, `stop::swarms::another_process_every_millisecond`, `stop::swarms::another_process_every_20_milliseconds` |
//! | a fork bomb of 200 | `stop::swarms::fork_bomb` |
//! | mutual watchdogs | `stop::swarms::mutual_watchdogs` |
//! | twelve services of these at once | `stop::swarms::twelve_services_at_once` |
//! | swarms in a cgroup, and as root | `stop::cgroups::swarms`, `stop::users::swarms_as_root` |
//! | renamed, not dumpable | `stop::escapes::renamed_and_undumpable` |
//! | a zombie as leader's main thread | `stop::escapes::headless_leader_and_headless_child` |
//! | `CLONE_PARENT` | `stop::escapes::twin_of_the_leader` |
//! | pid and group reused | `stop::reuse::a_stranger_with_the_number_of_a_service` |
//! | the same, in one tick | `stop::reuse::a_stranger_with_the_number_and_the_start_of_a_service` |
//! | a ledger of another boot | `ledger::of_another_boot` |
//! | a corrupt, cut or symlinked one | `ledger::corrupt`, `stop::hostile::cut_off_anywhere`, `ledger::symlinked_elsewhere` |
//! | a hostile one | `stop::hostile::numbers_that_are_nobodys_or_everybodys`, `stop::hostile::the_number_of_a_stranger`, `stop::hostile::what_is_no_file_of_ours`, `stop::hostile::a_directory_that_is_not_ours_alone` |
//! | killed between fork and record | `stop::deaths::supervisor_killed_while_it_starts` |
//! | killed at any moment | `stop::crashes::at_any_moment` |
//! | `down` from inside a service | `stop::nested::down_from_inside_a_service` |
//! | `down` killed midway | `down::killed_midway` |
//! | two downs | `down::two_at_once_say_the_same` |
//! | two checkouts, both up | `down::another_checkout_goes_on` |
//! | devsup inside devsup | `stop::nested::a_project_that_is_a_service_ends_with_the_other` |
//! | eleven patterns and who only looks like them | `stop::patterns::every_pattern_hits_orphans_of_the_project_alone` |
//! | another user's, of each pattern | `stop::users::patterns_hit_nobody_elses_processes` |
//! | a pattern's bait with a terminal | `stop::patterns::a_run_in_another_terminal_is_named_and_taken_when_asked_for` |
//! | a child of another user | `stop::users::a_child_that_became_root_is_named`, `stop::users::a_child_that_became_another_user_is_ended_by_root` |
//! | a stranger on a declared port | `stop::limits::a_port_that_a_stranger_holds_is_named_and_the_stranger_lives` |
//! | 1,000 sleepers | `stop::limits::a_thousand_sleepers` |
//! | few descriptors | `stop::limits::a_handful_of_descriptors_is_enough` |
//! | a full process table | `stop::limits::a_living_run_is_stopped_where_nobody_can_fork`, `stop::limits::no_process_is_started` |
//! | a full disk | `stop::limits::a_full_disk_keeps_nobody_alive`, `stop::limits::on_a_full_disk_nothing_is_restarted` |
//! | records that can't be written | `stop::limits::records_that_can_not_be_removed_are_no_reason_to_leave_anybody` |
//! | `/proc` with hidepid | `stop::users::where_proc_hides_processes_a_stop_is_clean_or_says_what_it_could_not_see` |
//! | docker hung, or absent | `docker::down::a_hung_engine_is_one_line`, `docker::down::no_engine_at_all_is_one_line` |
//! | everything as root | `stop::users::every_escape_by_every_way_down_as_root`, `stop::users::all_of_devsup_killed_as_root` |

mod cgroups;
mod crashes;
mod deaths;
mod escapes;
mod hostile;
mod kept;
mod keys;
mod limits;
mod nested;
mod patterns;
mod promises;
mod reuse;
mod swarms;
mod users;
