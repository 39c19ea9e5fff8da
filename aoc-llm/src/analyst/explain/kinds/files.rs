//! Files, sites and sharing.

use super::Kind;

pub(super) const KINDS: &[Kind] = &[
    Kind::new(
        &[
            "SharingPolicyChanged",
            "SharingInheritance*",
            "NetworkAccessPolicyChanged",
            "DeviceAccessPolicyChanged",
            "UnmanagedSyncClient*",
            "Set-SPO*",
        ],
        &[
            "With whom content may be shared, or from where it may be opened, has changed for a site or everywhere.",
        ],
        &["Compare the setting before and after.", "Look at what was shared since."],
    ),
    Kind::new(
        &[
            "SiteCollectionAdmin*",
            "SiteAdminChange*",
            "PermissionLevel*",
            "GroupAdded",
            "WebMembersCanShareModified",
        ],
        &["Who decides about the site, or what rights there mean, has changed."],
        &["Check whether they should; look at what they opened since."],
    ),
    Kind::new(
        &["AnonymousLinkRemoved", "SharingRevoked", "*LinkRemoved", "*LinkDeleted"],
        &["The link no longer opens what was shared."],
        &["Look at who opened it before."],
    ),
    Kind::new(
        &["AnonymousLinkUsed"],
        &["Somebody who did not sign in opened what was shared."],
        &["Compare the address with those that are expected.", "Where it is not wanted: remove the link."],
    ),
    Kind::new(
        &["AnonymousLink*"],
        &["Whoever has the link can open what was shared, without signing in."],
        &["Look at what was shared and who opened it since.", "Where it is not wanted: remove the link."],
    ),
    Kind::new(
        &["Sharing*", "*SecureLink*", "*LinkCreated", "*LinkUpdated", "AccessRequest*", "AccessInvitation*"],
        &["People with the link, or those named, may open what was shared."],
        &["Look at who opened it since.", "Where it is not wanted: remove the link."],
    ),
    Kind::new(
        &["FileVersionsAllDeleted", "FileDeletedSecondStage*", "FileMalwareDetected"],
        &["Older states of the file are gone for good, or the file is harmful."],
        &["Look at what else whoever did it deleted or changed; many files at once can be ransomware."],
    ),
    Kind::new(
        &["FileRecycled", "FolderRecycled", "FileDeleted*", "FolderDeleted*"],
        &["It is in the recycle bin; it can be restored for 93 days."],
        &["Check whether it was meant to be deleted, and restore it in time."],
    ),
    Kind::new(
        &["FileDownloaded", "FileSyncDownloaded*"],
        &["A copy has left the service."],
        &["Compare the number of files and the address with what is usual for the user."],
    ),
    Kind::new(
        &[
            "FileAccessed*",
            "FilePreviewed",
            "FileVisited",
            "ListViewed",
            "ClientViewSignaled",
            "PageViewed*",
            "FileUploaded",
            "FileSyncUploaded*",
            "FileModified*",
            "FileRenamed",
            "FileMoved",
            "FileCopied",
            "FileCheckedOut",
            "FileCheckedIn",
            "FolderModified",
            "FolderCreated",
            "List*",
            "EditForm",
        ],
        &["Daily work with content; nothing about rights has changed."],
        &["Look closer only if the user, the address or the number of files is unusual."],
    ),
    Kind::new(
        &["SiteCollectionCreated", "SiteCollectionQuotaModified", "SiteDeleted", "SiteCollectionDeleted"],
        &["There is another site, or less of one than before."],
        &["Check who owns the site."],
    ),
];
