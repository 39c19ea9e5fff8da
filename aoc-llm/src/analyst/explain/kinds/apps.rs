//! Applications: consent, permissions, credentials, owners.

use super::Kind;

pub(super) const KINDS: &[Kind] = &[
    Kind::new(
        &["Remove delegated permission*", "Remove app role assignment*", "Remove OAuth2PermissionGrant*"],
        &["The application or the people of it may do less than before."],
        &["Check that nothing that is needed stopped working."],
    ),
    Kind::new(
        &["Consent to application*", "Add delegated permission*", "Add OAuth2PermissionGrant*"],
        &[
            "The application may use the data that the permissions name, also without anybody signing in where they are application permissions.",
        ],
        &[
            "Check the publisher and the permissions of the application.",
            "Look for sign-ins and activity of the application since.",
            "Where it is not wanted: revoke the grant and disable the service principal.",
        ],
    ),
    Kind::new(
        &["Add app role assignment to service principal*"],
        &["The application has the permission from then on, for all data it names and without anybody signing in."],
        &[
            "Check whether the application needs this permission.",
            "Look for sign-ins and activity of the application since.",
            "Where it is not wanted: remove the assignment and disable the service principal.",
        ],
    ),
    Kind::new(
        &["Add app role assignment*"],
        &["Whoever was assigned may use the application, in the role that the record names."],
        &["Check whether whoever was assigned should use the application."],
    ),
    Kind::new(
        &["*Certificates and secrets*", "*service principal credentials*", "*application*credential*"],
        &["Whoever holds the credential can act as the application, with all of its permissions."],
        &["Check who holds the credential.", "Look for sign-ins of the application from new addresses."],
    ),
    Kind::new(
        &["Update application*", "Update service principal*"],
        &["Whoever holds the credential can act as the application, with all of its permissions."],
        &["Check who holds the credential.", "Look for sign-ins of the application from new addresses."],
    )
    .changing(&["KeyDescription", "PasswordCredentials", "KeyCredentials", "*FederatedIdentityCredential*"]),
    Kind::new(
        &["Update application*", "Update service principal*"],
        &["Where the application sends people after they signed in may have changed; tokens may go elsewhere."],
        &["Compare the addresses before and after; each must belong to the organisation or the publisher."],
    )
    .changing(&["AppAddress", "*ReplyUrl*", "*RedirectUri*"]),
    Kind::new(
        &["Add owner to application*", "Add owner to service principal*"],
        &["An owner can give the application new credentials and so act as it, with all of its permissions."],
        &["Check whether the owner should have the application.", "Look for credentials that were added since."],
    ),
    Kind::new(
        &["Remove owner from application*", "Remove owner from service principal*"],
        &["Somebody no longer looks after the application."],
        &["Check that it still has an owner."],
    ),
    Kind::new(
        &["Add application*", "Add service principal*", "Restore application*"],
        &["There is a new application; it can do nothing until it is given permissions, credentials or users."],
        &["Check who made it and what for.", "Look for consents, permissions and credentials since."],
    ),
    Kind::new(
        &["Delete application*", "Hard Delete application*", "Remove service principal*", "Hard delete service principal*"],
        &["The application no longer works for anybody; for 30 days it can be restored, unless it was deleted for good."],
        &["Check whether it was meant to be deleted, and restore it in time."],
    ),
    Kind::new(
        &["Update application*", "Update service principal*", "Disable service principal*", "Enable service principal*"],
        &["How the application works, or who may use it, may have changed."],
        &["Look at the values before and after."],
    ),
];
