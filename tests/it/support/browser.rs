//! A browser without a window, signed in to the console.

/// Somebody in front of the console.
pub struct Browser {
    agent: ureq::Agent,
    address: String,
    cookie: String,
}

impl Browser {
    /// Signs in by the link that the program printed.
    pub fn sign_in(link: &str, name: &str) -> Self {
        let (address, token) = link.split_once("/sign-in?token=").unwrap();
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let post = agent.post(format!("{address}/sign-in")).header("origin", address);
        let response = post.send_form([("token", token), ("name", name)]).unwrap();
        let cookie = response.headers()["set-cookie"].to_str().unwrap().split_once(';').unwrap().0.to_owned();
        Self { agent, address: address.to_owned(), cookie }
    }

    /// A page.
    pub fn page(&self, path: &str) -> String {
        let get = self.agent.get(format!("{}{path}", self.address)).header("cookie", &self.cookie);
        get.call().unwrap().body_mut().read_to_string().unwrap()
    }

    /// Sends a form, and returns the status and the page that comes.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let post = self.agent.post(format!("{}{path}", self.address));
        let post = post.header("cookie", &self.cookie).header("origin", &self.address);
        let mut response = post.send_form(form.iter().copied()).unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    /// Decides on the first request of the page of approvals, and returns the status.
    pub fn decide(&self, page: &str, decision: &str) -> u16 {
        let after = |mark: &str| page.split_once(mark).unwrap().1.split_once('"').unwrap().0.to_owned();
        let (print, path) =
            (after("name=\"fingerprint\" value=\""), after("method=\"post\" action=\"/admin/approvals/"));
        let form = [("fingerprint", print.as_str()), ("decision", decision)];
        self.post(&format!("/admin/approvals/{path}"), &form).0
    }
}
