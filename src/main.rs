//! The thin binary: arguments in, exit status out.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    let is = |entry: &str| first.as_ref().is_some_and(|first| first == entry);
    if is(devsup::os::forker::ENTRY) {
        let open_files = number(arguments.next());
        devsup::os::forker::serve_executed(open_files, devsup::log::keeper);
    }
    if is(devsup::supervise::reload::ENTRY) {
        return devsup::cli::go_on(number(arguments.next())).into();
    }
    devsup::cli::run().into()
}

fn number<T: std::str::FromStr>(argument: Option<std::ffi::OsString>) -> Option<T> {
    argument.and_then(|text| text.to_str()?.parse().ok())
}
