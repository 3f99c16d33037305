//! How Polar reaches this machine.

use polar_setup_core::{
    SecretText,
    setup::{Setup, view::PublicWay},
};
use tauri::State;

use crate::ipc::CommandResult;

/// Chooses the way.
#[tauri::command]
pub async fn set_public_way(setup: State<'_, Setup>, way: PublicWay, program: Option<String>) -> CommandResult {
    Ok(setup.set_public_way(way, program.as_deref()).await?)
}

/// Takes the user's own address.
#[tauri::command]
pub async fn set_own_url(setup: State<'_, Setup>, url: String) -> CommandResult {
    Ok(setup.set_own_url(&url)?)
}

/// Tries the user's own address.
#[tauri::command]
pub async fn try_own_url(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.try_own_url().await?)
}

/// Takes the authtoken of the tunnel's account; it never goes back.
#[tauri::command]
pub async fn set_authtoken(setup: State<'_, Setup>, authtoken: String) -> CommandResult {
    Ok(setup.set_authtoken(&SecretText::new(authtoken)).await?)
}

/// Forgets the authtoken.
#[tauri::command]
pub async fn forget_authtoken(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.forget_authtoken().await?)
}

/// Takes the account's own address at the tunnel's service.
#[tauri::command]
pub async fn set_domain(setup: State<'_, Setup>, domain: String) -> CommandResult {
    Ok(setup.set_domain(&domain)?)
}

/// Looks which tunnel programs are here.
#[tauri::command]
pub async fn look_for_programs(setup: State<'_, Setup>) -> CommandResult {
    setup.look_for_programs().await;
    Ok(())
}

/// Fetches the chosen program.
#[tauri::command]
pub async fn fetch_program(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.fetch_program()?)
}

/// Cancels that.
#[tauri::command]
pub async fn cancel_fetch(setup: State<'_, Setup>) -> CommandResult {
    setup.cancel_fetch().await;
    Ok(())
}

/// Starts the tunnel.
#[tauri::command]
pub async fn start_tunnel(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.start_tunnel().await?)
}

/// Listens to Polar's stream.
#[tauri::command]
pub async fn start_relay(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.start_relay()?)
}

/// Stops that.
#[tauri::command]
pub async fn stop_relay(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.stop_relay()?)
}

/// Stops the tunnel.
#[tauri::command]
pub async fn stop_tunnel(setup: State<'_, Setup>) -> CommandResult {
    Ok(setup.stop_tunnel().await?)
}
