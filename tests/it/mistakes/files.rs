//! Files that are not there, can't be read, or say something else than was
//! meant.

use super::{Case, NEVER, case, fenced_text, mistakes, report};

const Y: &str = "devsup.yaml";
const P: &str = "Procfile";

fn yaml(name: &'static str, text: &str) -> Case {
    case(name, "devsup check").file(Y, text)
}

fn procfile(name: &'static str, text: &str) -> Case {
    case(name, "devsup check").file(P, text)
}

#[test]
fn of_finding_a_file() {
    mistakes![
        case("no file at all", "devsup up"),
        case("no file, but those of other tools", "devsup up")
            .file("package.json", "{\"scripts\": {\"dev\": \"vite\"}}")
            .file("docker-compose.yml", "services: {redis: {image: redis}}"),
        case("a named file that is not there", "devsup up -f dev.yaml"),
        case("a named file with a typo", "devsup up -f Procfle").file(P, "web: sleep 1000\n"),
        case("a directory for a file", "mkdir conf; devsup check -f conf"),
        case("a pipe for a file", "mkfifo devsup.yaml; devsup check"),
        case("a link to itself", "ln -s devsup.yaml devsup.yaml; devsup check"),
        case("a link to nothing", "ln -s gone.yaml devsup.yaml; devsup check"),
        case("a file that may not be read", "chmod 0 devsup.yaml; devsup check").file(Y, "x"),
        case("an env file that may not be read", "chmod 0 .env; devsup check")
            .file(P, "web: sleep 1000\n")
            .file(".env", "A=1\n"),
        case("a file without an end", "devsup check -f /dev/zero"),
        case("a program for a file", "devsup check -f /bin/sh"),
        case("two candidates", "devsup check")
            .file(Y, "services: {web: {command: sleep 9}}\n")
            .file(P, "web: sleep 1000\n"),
    ];
}

#[test]
fn of_yaml() {
    mistakes![
        yaml("nothing in it", ""),
        yaml("a tab", "services:\n\tweb:\n\t\tcommand: sleep 9\n"),
        yaml("an open quote", "services:\n  web:\n    command: \"sleep 9\n  api:\n    port: 1\n"),
        yaml(
            "marks of a merge",
            "services:\n<<<<<<< HEAD\n  web: {command: a}\n=======\n  web: {command: b}\n>>>>>>> other\n",
        ),
        yaml("a colon in a command", "services:\n  web:\n    command: echo a: b\n"),
        yaml("a misspelt key", "services:\n  web: {comand: sleep 9, enviroment: {A: 1}}\n"),
        yaml("services one level too high", "web:\n  command: sleep 9\n"),
        yaml("a service that is a line", "services:\n  web: npm run dev\n"),
        yaml("a service twice", "services:\n  web: {command: a}\n  web: {command: b}\n"),
        yaml("a service that is an image", "services:\n  db: {image: postgres}\n"),
        yaml(
            "a dependency with a typo",
            "services:\n  api: {command: sleep 9, depends_on: [bd]}\n  db: {command: sleep 9}\n",
        ),
        yaml(
            "a circle",
            "services:\n  a: {command: sleep 9, depends_on: [b]}\n  b: {command: sleep 9, depends_on: [c]}\n  c: {command: sleep 9, depends_on: [a]}\n",
        ),
        yaml("a port of containers", "services:\n  web: {command: sleep 9, port: \"80:8080\"}\n"),
        yaml(
            "a port for two",
            "services:\n  a: {command: sleep 9, port: 3000}\n  b: {command: sleep 9, port: 3000}\n",
        ),
        yaml("a duration", "services:\n  a: {command: sleep 9, stop_grace_period: soon}\n"),
        yaml("a signal", "services:\n  a: {command: sleep 9, stop_signal: TREM}\n"),
        yaml(
            "a variable that must be set",
            "services:\n  a: {command: [echo, \"${KEY:?get one from the wiki}\"]}\n"
        ),
        yaml("a variable without an end", "services:\n  a: {command: [echo, \"${KEY\"]}\n"),
        yaml(
            "an env file that is not there",
            "services:\n  a: {command: sleep 9, env_file: secret.env}\n"
        ),
        yaml(
            "a compose file that is not there",
            "services: {a: {command: sleep 9}}\ncompose: {file: dc.yml}\n"
        ),
        yaml("a local file with a typo", "services:\n  web: {command: sleep 9}\n")
            .file("devsup.local.yaml", "services:\n  wbe: {port: 1}\n"),
        yaml(
            "all at once",
            "nam: x\nservices:\n  a: {comand: x}\n  b: {command: x, port: y, tty: z}\n"
        ),
    ];
}

#[test]
fn of_a_procfile_and_its_env() {
    let env = |name, text: &str| {
        case(name, "devsup check").file(P, "web: sleep 1000\n").file(".env", text)
    };
    mistakes![
        procfile("no line", "# web: bin/web\n"),
        procfile("a line without a colon", "web: sleep 9\nworker sleep 9\n"),
        procfile("a name without a command", "web:\n"),
        procfile("a name twice", "web: sleep 9\nworker: sleep 9\nweb: sleep 8\n"),
        procfile("a name with a slash", "web/api: sleep 9\n"),
        procfile("a line that goes on", "web: sleep \\\n  9\n"),
        procfile("YAML in a Procfile", "services:\n  web:\n    command: sleep 9\n"),
        case("a Procfile of another alphabet", "devsup check")
            .file(P, b"web: echo caf\xe9\n".as_slice()),
        case("a Procfile from Windows", "devsup check")
            .file(P, b"\xff\xfew\0e\0b\0:\0 \0x\0".as_slice()),
        env("a name without a value", "A=1\nB\n"),
        env("a colon for an equals sign", "A: 1\n"),
        env("a quote without an end", "A=\"1\nB=2\n"),
        env("a name with a blank", "MY KEY=1\n"),
    ];
}

#[test]
fn of_what_files_name() {
    mistakes![
        yaml("a program that is not there", "services: {a: {command: nmp run dev}}\n"),
        yaml("a file that is not there", "services: {a: {command: ./bin/sever}}\n")
            .file("bin/server", "#!/bin/sh\n"),
        yaml("a file that may not be run", "services: {a: {command: ./bin/server}}\n")
            .file("bin/server", "#!/bin/sh\n"),
        yaml("a directory for a program", "services: {a: {command: ./bin}}\n")
            .file("bin/server", ""),
        yaml("a directory that is not there", "services: {a: {command: pwd, working_dir: wbe}}\n")
            .file("web/index.html", ""),
        yaml("a home that is not spelt out", "services: {a: {command: pwd, cwd: ~/shop}}\n"),
        yaml("a file for a directory", "services: {a: {command: pwd, cwd: web}}\n").file("web", ""),
        yaml(
            "a log where no directory is",
            "services: {a: {command: pwd, log: {file: var/log/a.log}}}\n",
        ),
    ];
}
