use std::{process::Command, thread};

use super::*;

const SANDBOX: &str = "https://sandbox-api.polar.sh";
const PRODUCTION: &str = "https://api.polar.sh";

struct World {
    root: tempfile::TempDir,
    memory: Memory,
}

impl World {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let memory = Memory::open(&root.path().join("data/polar-setup")).unwrap();
        Self { root, memory }
    }

    fn project(&self, name: &str) -> PathBuf {
        let folder = self.root.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn file(&self) -> PathBuf {
        self.memory.folder.join(FILE)
    }
}

#[test]
fn remembers_by_project_and_polar() {
    let world = World::new();
    let shop = world.project("shop");
    let all = Remembered {
        hold: Hold::WhenDown,
        keeps_host: true,
        replaces: Some("old".into()),
        framework: Some("Hono".into()),
        keeps_example: true,
        token_expires: Some("2026-12-31".into()),
        names: crate::env_file::ChosenNames {
            token: Some("MY_TOKEN".into()),
            ..crate::env_file::ChosenNames::default()
        },
        environment: Some(EnvironmentName::Sandbox),
        endpoint_id: Some("one".into()),
        organization_id: Some("org".into()),
        secret_source: Some(SecretSource::Polar),
        secret_made_by_polar: true,
        name: Some("Shop".into()),
        format: Some(DeliveryFormat::Discord),
        events: Some(vec!["order.paid".into()]),
        way: Some(PublicWay::Tunnel),
        program: Some("ngrok".into()),
        own_url: Some("https://shop.example".into()),
        domain: Some("shop.ngrok-free.dev".into()),
        route: Some("/hook".into()),
        port: Some(4000),
        env_file: Some(".env.local".into()),
    };
    world.memory.remember(&shop, SANDBOX, |known| *known = all.clone()).unwrap();
    world.memory.remember(&shop, PRODUCTION, |known| known.endpoint_id = Some("two".into())).unwrap();
    let again = Memory::open(&world.memory.folder).unwrap();
    assert_eq!(again.recall(&shop.join("../shop"), &format!("{SANDBOX}/")).unwrap(), all);
    assert_eq!(again.recall(&shop, PRODUCTION).unwrap().endpoint_id.as_deref(), Some("two"));
    assert_eq!(again.recall(&world.project("blog"), SANDBOX).unwrap(), Remembered::default());
    assert_eq!(again.last(&shop).unwrap().unwrap().0, PRODUCTION);
}

#[test]
fn recent_projects_are_newest_first_at_most_eight_and_there() {
    let world = World::new();
    let folders: Vec<PathBuf> = (0..10).map(|number| world.project(&format!("p{number}"))).collect();
    for folder in &folders {
        world.memory.visited(folder, "").unwrap();
    }
    world.memory.visited(&folders[3], "Three").unwrap();
    world.memory.remember(&folders[9], SANDBOX, |known| known.port = Some(1)).unwrap();
    fs::remove_dir(&folders[9]).unwrap();
    let recent = world.memory.recent().unwrap();
    let names: Vec<&str> = recent.iter().map(|recent| recent.folder.rsplit(['/', '\\']).next().unwrap()).collect();
    assert_eq!(names, ["p3", "p8", "p7", "p6", "p5", "p4", "p2", "p1"]);
    assert_eq!(recent[0].name, "Three");
    fs::create_dir(&folders[9]).unwrap();
    assert_eq!(world.memory.recent().unwrap()[0].folder, identity(&folders[9]));
    assert_eq!(world.memory.recall(&folders[9], SANDBOX).unwrap().port, Some(1));
}

#[test]
fn a_file_of_before_and_after_is_read() {
    let world = World::new();
    let shop = world.project("shop");
    let text = serde_json::json!({ "projects": [{
        "folder": identity(&shop), "name": "Shop", "later": 1,
        "setups": [{ "api_url": SANDBOX, "endpoint_id": "one", "later": [2] }],
    }] });
    fs::write(world.file(), text.to_string()).unwrap();
    assert_eq!(world.memory.recall(&shop, SANDBOX).unwrap().endpoint_id.as_deref(), Some("one"));
}

#[test]
fn a_broken_file_is_set_aside() {
    let world = World::new();
    let shop = world.project("shop");
    fs::write(world.file(), b"{\"projects\": [").unwrap();
    world.memory.remember(&shop, SANDBOX, |known| known.port = Some(1)).unwrap();
    assert_eq!(fs::read(world.file().with_extension("json.broken")).unwrap(), b"{\"projects\": [");
    assert_eq!(world.memory.recall(&shop, SANDBOX).unwrap().port, Some(1));
}

#[cfg(unix)]
#[test]
fn it_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.memory.visited(&world.project("shop"), "Shop").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&world.memory.folder), mode(&world.file())), (0o700, 0o600));
}

#[test]
fn parallel_writers_lose_nothing() {
    let world = World::new();
    let folders: Vec<PathBuf> = (0..8).map(|number| world.project(&format!("p{number}"))).collect();
    thread::scope(|scope| {
        for folder in &folders {
            let memory = Memory::open(&world.memory.folder).unwrap();
            scope.spawn(move || {
                for port in 1..=10 {
                    memory
                        .remember(folder, &format!("http://127.0.0.1:{port}"), |known| known.port = Some(port))
                        .unwrap();
                }
            });
        }
    });
    for folder in &folders {
        for port in 1..=10 {
            let known = world.memory.recall(folder, &format!("http://127.0.0.1:{port}")).unwrap();
            assert_eq!(known.port, Some(port));
        }
    }
}

/// In the child process: the folder of the memory.
const CHILD: &str = "POLAR_SETUP_TEST_CHILD_MEMORY";

#[test]
fn a_project_is_changed_by_one_run_at_a_time() {
    if let Some(folder) = env::var_os(CHILD) {
        let memory = Memory::open(Path::new(&folder)).unwrap();
        let shop = Path::new(&folder).join("../../shop");
        assert!(matches!(memory.lock_project(&shop), Err(MemoryError::Busy { .. })));
        return;
    }
    let world = World::new();
    let shop = world.project("shop");
    let held = world.memory.lock_project(&shop).unwrap();
    let other = Command::new(env::current_exe().unwrap())
        .args(["--exact", "setup::memory::tests::a_project_is_changed_by_one_run_at_a_time"])
        .env(CHILD, &world.memory.folder)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&other.stdout);
    assert!(other.status.success() && told.contains("1 passed"), "{told}");
    let error = world.memory.lock_project(&shop).unwrap_err();
    assert!(error.to_string().contains("Wait until it has finished"), "{error}");
    assert!(world.memory.lock_project(&world.project("blog")).is_ok());
    drop(held);
    assert!(world.memory.lock_project(&shop).is_ok());
}
