//! The thin binary: arguments in, exit status out.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == devsup::os::forker::ENTRY) {
        let open_files = arguments.next().and_then(|text| text.to_str()?.parse().ok());
        devsup::os::forker::serve_executed(open_files, devsup::log::keeper);
    }
    devsup::cli::run().into()
}
