//! The `understudy` program; all of it is in the library.

fn main() -> std::process::ExitCode {
    understudy::cli::main()
}
