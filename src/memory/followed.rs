//! Which folders are followed, and that nobody deletes notes while a pass may write them again.

use tokio::sync::{Mutex, MutexGuard, watch};

use super::Folder;

/// The folders that are followed at the moment; whoever follows them hears of every change to the list.
pub struct Followed {
    folders: watch::Sender<Vec<Folder>>,
    /// Held during a pass in the background, and while the notes of a folder are deleted.
    passing: Mutex<()>,
}

impl Default for Followed {
    fn default() -> Self {
        Self { folders: watch::Sender::new(Vec::new()), passing: Mutex::default() }
    }
}

impl Followed {
    /// Follows `folders` from now on, and no others.
    pub fn set(&self, folders: Vec<Folder>) {
        self.folders.send_if_modified(|old| {
            let differs = *old != folders;
            *old = folders;
            differs
        });
    }

    /// Hears of changes to the list.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Vec<Folder>> {
        self.folders.subscribe()
    }

    /// Whether anybody hears of changes, which is so in a process that answers messages.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.folders.receiver_count() > 0
    }

    /// Whether `folder` is still to be followed, exactly as it is.
    #[must_use]
    pub fn holds(&self, folder: &Folder) -> bool {
        self.folders.borrow().contains(folder)
    }

    /// Waits until no pass is under way, and keeps the next one from starting until the guard is dropped.
    pub async fn between_passes(&self) -> MutexGuard<'_, ()> {
        self.passing.lock().await
    }
}
