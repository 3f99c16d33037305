//! Collects whose work goes into the programs, with the licences as the packages themselves bring them.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{CargoOpt, DependencyKind, MetadataCommand, PackageId};
use serde_json::{Value, json};

/// What Vite put into the page; written by its build.
const OF_THE_PAGE: &str = "ui/dist/third-parties.json";
/// The programs that are shipped.
const PROGRAMS: [&str; 2] = ["polar-setup", "polar-setup-cli"];

/// Writes `third_parties.json` for the shell to embed.
pub fn collect() -> Result<(), Box<dyn Error>> {
    for file in ["Cargo.lock", OF_THE_PAGE] {
        println!("cargo:rerun-if-changed={file}");
    }
    let mut collected = Collected::default();
    of_rust(&mut collected)?;
    of_page(&mut collected)?;
    let out = PathBuf::from(env::var("OUT_DIR")?).join("third_parties.json");
    let packages = collected.packages.into_values().collect::<Vec<_>>();
    fs::write(out, serde_json::to_vec(&json!({ "packages": packages, "texts": collected.texts }))?)?;
    Ok(())
}

/// Packages by name and version; their texts once each.
#[derive(Default)]
struct Collected {
    packages: BTreeMap<(String, String), Value>,
    texts: Vec<String>,
    known: HashMap<String, usize>,
}

impl Collected {
    fn add(&mut self, name: &str, version: &str, licence: &str, texts: &[String]) {
        let mut texts = texts.iter().map(|text| self.text(text)).collect::<Vec<_>>();
        texts.sort_unstable();
        texts.dedup();
        let package = json!({ "name": name, "version": version, "licence": licence, "texts": texts });
        self.packages.insert((name.to_owned(), version.to_owned()), package);
    }

    fn text(&mut self, text: &str) -> usize {
        // The same licence is wrapped and indented in many ways.
        let key = text.split_whitespace().collect::<Vec<_>>().join(" ");
        *self.known.entry(key).or_insert_with(|| {
            self.texts.push(text.trim().to_owned());
            self.texts.len() - 1
        })
    }
}

/// What is linked into the programs for the system that is built for.
fn of_rust(collected: &mut Collected) -> Result<(), Box<dyn Error>> {
    let options = ["--locked".to_owned(), "--filter-platform".to_owned(), env::var("TARGET")?];
    let metadata = MetadataCommand::new().features(CargoOpt::SomeFeatures(Vec::new())).other_options(options).exec()?;
    let nodes = &metadata.resolve.as_ref().ok_or("cargo resolved nothing")?.nodes;
    let needs = nodes.iter().map(|node| (&node.id, node)).collect::<HashMap<_, _>>();
    let members = metadata.workspace_packages();
    let mut ahead =
        members.iter().filter(|package| PROGRAMS.contains(&package.name.as_str())).map(|package| &package.id);
    let mut ahead = ahead.by_ref().collect::<Vec<&PackageId>>();
    let mut seen = HashSet::new();
    while let Some(id) = ahead.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Some(node) = needs.get(id) else { continue };
        let linked =
            node.deps.iter().filter(|need| need.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
        ahead.extend(linked.map(|need| &need.pkg));
    }
    for package in metadata.packages.iter().filter(|package| seen.contains(&package.id) && package.source.is_some()) {
        let folder = package.manifest_path.parent().ok_or("a package without a folder")?;
        let licence = package.license.as_deref().unwrap_or("see its licence text");
        collected.add(&package.name, &package.version.to_string(), licence, &licence_texts(folder.as_std_path()));
    }
    Ok(())
}

/// The files of a package that are called like a licence.
fn licence_texts(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect::<Vec<_>>();
    files.sort();
    let called_so = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_uppercase();
        ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"]
            .iter()
            .any(|start| name.starts_with(start))
    };
    files.iter().filter(|path| called_so(path)).filter_map(|path| fs::read_to_string(path).ok()).collect()
}

fn of_page(collected: &mut Collected) -> Result<(), Box<dyn Error>> {
    // Without a built page there is nothing to embed either: then Tauri has said so already.
    let Ok(text) = fs::read(OF_THE_PAGE) else { return Ok(()) };
    let packages: Vec<Value> = serde_json::from_slice(&text)?;
    for package in packages {
        let field = |name: &str| package[name].as_str().unwrap_or_default();
        collected.add(field("name"), field("version"), field("identifier"), &[field("text").to_owned()]);
    }
    Ok(())
}
