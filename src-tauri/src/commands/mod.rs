//! The commands of the window, one file a topic. Each hands an intent to the [`Setup`](polar_setup_core::setup::Setup)
//! and holds no logic; all are async, so that none runs on the window's own thread. No command answers with a secret:
//! `tests` in this crate look at what they return.

pub mod about;
pub mod account;
pub mod apply;
pub mod diagnosis;
pub mod env;
pub mod leaving;
pub mod live;
pub mod project;
pub mod public_url;
pub mod shell;
pub mod view;
pub mod webhook;

use tauri::ipc::Invoke;

/// All of them, for the window to call.
pub fn handler() -> impl Fn(Invoke) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        shell::hear,
        shell::quit,
        shell::quit_now,
        shell::stay,
        shell::page_failed,
        about::about,
        about::third_parties,
        about::set_notifications,
        about::show_logs,
        about::copy_report,
        diagnosis::diagnose,
        diagnosis::cancel_diagnosis,
        diagnosis::mend_cause,
        diagnosis::open_cause_link,
        diagnosis::redeliver_missed,
        view::subscribe,
        view::catalogue,
        view::go_to,
        project::choose_folder,
        project::open_project,
        project::set_project_details,
        project::set_framework,
        project::scan_leaks,
        project::cancel_scan,
        project::ignore_env_file,
        account::set_environment,
        account::submit_token,
        account::submit_token_from_clipboard,
        account::set_token_expiry,
        account::forget_token,
        webhook::set_secret,
        webhook::set_format,
        webhook::set_events,
        webhook::set_endpoint_name,
        public_url::set_public_way,
        public_url::set_own_url,
        public_url::try_own_url,
        public_url::set_authtoken,
        public_url::forget_authtoken,
        public_url::set_domain,
        public_url::look_for_programs,
        public_url::fetch_program,
        public_url::cancel_fetch,
        public_url::start_tunnel,
        public_url::stop_tunnel,
        public_url::start_relay,
        public_url::stop_relay,
        apply::apply,
        apply::rotate_secret,
        apply::undo_rotation,
        apply::answer,
        apply::cancel_apply,
        env::set_variable_name,
        env::restore_backup,
        env::write_example,
        env::mend,
        env::look_at_endpoint,
        live::send_test_event,
        live::clear_deliveries,
        live::deliveries,
        live::delivery,
        live::replay,
        live::redeliver,
        live::redeliver_event,
        live::polars_list,
        live::cancel_polars_list,
        live::copy_delivery,
        live::keep_deliveries,
        live::set_keeps_host,
        live::set_hold,
        live::let_go,
        leaving::open_page,
        leaving::copy,
    ]
}
