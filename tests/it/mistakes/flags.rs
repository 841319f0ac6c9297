//! What is typed, and what variables stand for it.

use super::{NEVER, case, fenced_text, fine, mistakes, report};

#[test]
fn of_words_and_flags() {
    mistakes![
        case("no verb", "devsup"),
        case("a verb with a typo", "devsup upp"),
        case("a verb of another tool", "devsup quit"),
        case("all services, in foreman's words", "devsup start"),
        case("a verb of process-compose", "devsup process list"),
        case("no services to stop", "devsup stop"),
        case("no services to restart", "devsup restart"),
        case("no command to run", "devsup run"),
        case("a flag before the verb, as compose has it", "devsup -f dev.yaml up"),
        case("the version, in short", "devsup -v"),
        case("a first config that would be no YAML", "devsup init -f Procfile"),
        case("a flag with a typo", "devsup up --dry-rn"),
        case("a flag of another verb", "devsup check --force"),
        case("a flag without its value", "devsup up --tag"),
        case("a colour", "devsup --color sometimes check"),
        case("a shell", "devsup completions tcsh"),
        case("a page", "devsup man procfile"),
        fine("two forms at once", "devsup config --json -q"),
        fine("a directory that is not there", "devsup -C nowhere up"),
        fine("a file for a directory", "devsup -C devsup.yaml up"),
        fine("a service with a typo", "devsup up wbe"),
        fine("a service to leave out", "devsup up -x wbe"),
        fine("a tag with a typo", "devsup up --tag frnt"),
        fine("a profile with a typo", "devsup check --profile ful"),
        fine("a formation without a number", "devsup up -m web"),
        fine("a formation with words", "devsup up -m web=two"),
        fine("a formation of nobody", "devsup up -m wbe=2"),
        fine("a formation of nothing", "devsup up -m web=0,api=0"),
        fine("all left out", "devsup up -x web"),
        fine("a port too high", "devsup up -p 70000"),
        case("ports that run out", "devsup up -p 65500")
            .file("Procfile", "a: sleep 9\nb: sleep 9\n"),
        fine("a patience in words", "devsup up -t soon"),
        fine("a patience below zero", "devsup down -t -1s"),
        fine("an env file that is not there", "devsup up -e prod.env"),
        fine("a service without an environment", "devsup env wbe"),
        fine("a copy that is not there", "devsup env web.9"),
        fine("a number of lines", "devsup logs -n few"),
        fine("a time", "devsup logs --since yesterday"),
        fine("a pattern", "devsup logs --grep 'a('"),
        fine("to follow into the past", "devsup logs -f --until 10m"),
        fine("logs of nobody", "mkdir -p .pids/logs; devsup logs wbe"),
        fine("a first file where one is", "devsup init"),
        case("a first file where no directory is", "devsup init -f conf/devsup.yaml"),
        case("a first file of broken scripts", "devsup init")
            .file("package.json", "{\"scripts\": {\n  \"dev\": \"vite\",\n}}\n"),
    ];
}

#[test]
fn of_variables() {
    mistakes![
        fine("a colour", "DEVSUP_COLOR=blue devsup check"),
        fine("a patience", "DEVSUP_TIMEOUT=soon devsup up"),
        fine("a formation", "DEVSUP_FORMATION=web devsup up"),
        fine("a file", "DEVSUP_FILE=dev.yaml devsup up"),
        fine("a port", "DEVSUP_PORT=many devsup up"),
        fine("a switch", "DEVSUP_ABORT_ON_EXIT=perhaps devsup up"),
        case("the base of a Procfile", "PORT=many devsup check")
            .file("Procfile", "web: sleep 1000\n"),
        case("a name of ours", "devsup check")
            .file("Procfile", "web: sleep 1000\n")
            .file(".env", "DEVSUP_SERVICE=x\n"),
        fine("bytes that are no text", "export KEY=$'\\xff'; devsup check"),
        fine("no search path", "d=$(command -v devsup); PATH=/nowhere \"$d\" check"),
        fine("a directory that was removed", "mkdir gone; cd gone; rmdir ../gone; devsup up"),
    ];
}
