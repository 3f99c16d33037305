//! Prints what is found in a folder as JSON. The tests in `tests/projects` and `tests/handlers` read it.
//! `inspect FOLDER [FRAMEWORK]`

use std::{env, error::Error, path::PathBuf};

use polar_setup_core::project::inspect_as;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let folder: PathBuf = arguments.next().ok_or("Say which folder: inspect FOLDER [FRAMEWORK]")?.into();
    let framework = arguments.next().map(|framework| framework.to_string_lossy().into_owned());
    println!("{}", serde_json::to_string_pretty(&inspect_as(&folder, framework.as_deref()))?);
    Ok(())
}
