//! Mail, against a real Dovecot and a real SMTP server that fails on request.

mod answering;
mod breaking;
mod desk;
mod post;
mod setting_up;
mod silence;
