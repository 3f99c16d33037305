use std::fs;

use super::*;

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    (folder, path)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn writes_a_new_file_and_replaces_it() {
    let (folder, path) = folder();
    assert_eq!(read(&path).unwrap(), None);
    write(&path, b"A=1\n", None).unwrap();
    write(&path, b"A=2\n", Some(b"A=1\n")).unwrap();
    assert_eq!(read(&path).unwrap().as_deref(), Some(b"A=2\n".as_slice()));
    assert_eq!(names(folder.path()), [".env"]);
}

#[test]
fn what_somebody_else_wrote_meanwhile_stays() {
    let (folder, path) = folder();
    fs::write(&path, "MINE=1\n").unwrap();
    for expected in [None, Some(b"OLD=1\n".as_slice())] {
        assert!(matches!(write(&path, b"A=1\n", expected), Err(EnvFileError::Changed { .. })));
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "MINE=1\n");
    fs::remove_file(&path).unwrap();
    assert!(matches!(write(&path, b"A=1\n", Some(b"MINE=1\n")), Err(EnvFileError::Changed { .. })));
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_folder_or_a_missing_folder_is_told() {
    let (folder, path) = folder();
    fs::create_dir(&path).unwrap();
    assert!(matches!(read(&path), Err(EnvFileError::NotFile { .. })));
    assert!(matches!(write(&path, b"A=1\n", None), Err(EnvFileError::NotFile { .. })));
    let nowhere = folder.path().join("gone/.env");
    assert_eq!(read(&nowhere).unwrap(), None);
    let error = write(&nowhere, b"A=1\n", None).unwrap_err();
    assert!(matches!(error, EnvFileError::NoFolder { .. }), "{error:?}");
}

#[test]
fn leftovers_of_a_killed_run_are_removed_and_young_ones_are_not() {
    let (folder, path) = folder();
    let old = fs::File::create(folder.path().join(".env.polar-setup-old")).unwrap();
    old.set_modified(SystemTime::now() - LEFTOVER_AGE * 2).unwrap();
    fs::write(folder.path().join(".env.polar-setup-young"), "").unwrap();
    let held = fs::File::create(folder.path().join(".env.polar-setup-held")).unwrap();
    held.set_modified(SystemTime::now() - LEFTOVER_AGE * 2).unwrap();
    held.lock().unwrap();
    write(&path, b"A=1\n", None).unwrap();
    assert_eq!(names(folder.path()), [".env", ".env.polar-setup-held", ".env.polar-setup-young"]);
    drop(held);
    sweep(&path);
    assert_eq!(names(folder.path()), [".env", ".env.polar-setup-young"]);
}

#[cfg(unix)]
#[test]
fn the_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = folder();
    write(&path, b"A=1\n", None).unwrap();
    assert_eq!(mode(&path), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
    write(&path, b"A=2\n", Some(b"A=1\n")).unwrap();
    assert_eq!(mode(&path), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o200)).unwrap();
    let before = read(&path);
    if before.is_ok() {
        // Only root can read such a file; and he leaves it as strict as it is.
        write(&path, b"A=2\n", Some(b"A=2\n")).unwrap();
        assert_eq!(mode(&path), 0o200);
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    assert!(matches!(write(&path, b"A=3\n", Some(b"A=2\n")), Err(EnvFileError::FileProtected { .. })));
    make_private(&path).unwrap();
    assert_eq!((mode(&path), fs::read(&path).unwrap()), (0o400, b"A=2\n".to_vec()));
}

#[cfg(unix)]
#[test]
fn a_file_without_secrets_stays_readable() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = folder();
    write_public(&path, b"A=\n", None).unwrap();
    assert_eq!(mode(&path), 0o644);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
    write_public(&path, b"A=\nB=\n", Some(b"A=\n")).unwrap();
    assert_eq!((mode(&path), fs::read(&path).unwrap()), (0o664, b"A=\nB=\n".to_vec()));
}

#[cfg(unix)]
#[test]
fn a_link_stays_and_its_target_is_written() {
    let (folder, path) = folder();
    fs::create_dir(folder.path().join("shared")).unwrap();
    std::os::unix::fs::symlink("shared/env", &path).unwrap();
    assert_eq!(read(&path).unwrap(), None);
    write(&path, b"A=1\n", None).unwrap();
    write(&path, b"A=2\n", Some(b"A=1\n")).unwrap();
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(fs::read(folder.path().join("shared/env")).unwrap(), b"A=2\n");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(".env", &path).unwrap();
    assert!(write(&path, b"A=1\n", None).is_err());
}

#[cfg(unix)]
#[test]
fn a_device_is_not_read() {
    assert!(matches!(read(Path::new("/dev/zero")), Err(EnvFileError::NotFile { .. })));
}

#[cfg(unix)]
#[test]
fn errors_are_told_by_what_the_system_says() {
    let path = Path::new("/home/me/shop/.env");
    let told = |kind: io::ErrorKind| EnvFileError::writing(path, kind.into());
    assert!(matches!(told(io::ErrorKind::PermissionDenied), EnvFileError::FolderProtected { .. }));
    assert!(matches!(told(io::ErrorKind::ReadOnlyFilesystem), EnvFileError::FolderProtected { .. }));
    assert!(matches!(told(io::ErrorKind::StorageFull), EnvFileError::Full { .. }));
    assert!(told(io::ErrorKind::StorageFull).to_string().contains("no room"));
}
