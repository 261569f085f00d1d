//! The properties that a virtual machine accepts, as data.

use super::super::form::{Form, Shape, optional, read_only, required};
use super::super::kind::Kind;

static HARDWARE: Form = Form {
    name: "HardwareProfile",
    fields: &[required("vmSize", Shape::Text), optional("vmSizeProperties", Shape::NotModelled)],
};

static IMAGE: Form = Form {
    name: "ImageReference",
    fields: &[
        optional("id", Shape::Text),
        optional("publisher", Shape::Text),
        optional("offer", Shape::Text),
        optional("sku", Shape::Text),
        optional("version", Shape::Text),
        optional("sharedGalleryImageId", Shape::Text),
        optional("communityGalleryImageId", Shape::Text),
        read_only("exactVersion"),
    ],
};

static MANAGED_DISK: Form = Form {
    name: "ManagedDiskParameters",
    fields: &[
        optional("id", Shape::Text),
        optional("storageAccountType", Shape::OneOf(super::super::disk::SKUS)),
    ],
};

const CACHING: Shape = Shape::OneOf(&["None", "ReadOnly", "ReadWrite"]);
const END: Shape = Shape::OneOf(&["Delete", "Detach"]);
const ORIGIN: Shape = Shape::OneOf(&["FromImage", "Empty", "Attach", "Copy", "Restore"]);

static LOCAL: Form = Form {
    name: "DiffDiskSettings",
    fields: &[optional("option", Shape::Text), optional("placement", Shape::Text)],
};

static OS_DISK: Form = Form {
    name: "OSDisk",
    fields: &[
        optional("osType", Shape::OneOf(&["Linux", "Windows"])),
        optional("name", Shape::Text),
        required("createOption", ORIGIN),
        optional("caching", CACHING),
        optional("managedDisk", Shape::Object(&MANAGED_DISK)),
        optional("diskSizeGB", Shape::Integer),
        optional("deleteOption", END),
        optional("writeAcceleratorEnabled", Shape::Bool),
        optional("diffDiskSettings", Shape::Object(&LOCAL)),
        optional("vhd", Shape::NotModelled),
        optional("image", Shape::NotModelled),
        optional("encryptionSettings", Shape::NotModelled),
    ],
};

static DATA_DISK: Form = Form {
    name: "DataDisk",
    fields: &[
        required("lun", Shape::Integer),
        optional("name", Shape::Text),
        required("createOption", ORIGIN),
        optional("caching", CACHING),
        optional("managedDisk", Shape::Object(&MANAGED_DISK)),
        optional("diskSizeGB", Shape::Integer),
        optional("deleteOption", END),
        optional("toBeDetached", Shape::Bool),
        optional("writeAcceleratorEnabled", Shape::Bool),
        optional("detachOption", Shape::Text),
        optional("vhd", Shape::NotModelled),
        optional("image", Shape::NotModelled),
        optional("sourceResource", Shape::NotModelled),
        read_only("diskIOPSReadWrite"),
        read_only("diskMBpsReadWrite"),
    ],
};

static STORAGE: Form = Form {
    name: "StorageProfile",
    fields: &[
        optional("imageReference", Shape::Object(&IMAGE)),
        required("osDisk", Shape::Object(&OS_DISK)),
        optional("dataDisks", Shape::List(&Shape::Object(&DATA_DISK))),
        optional("diskControllerType", Shape::OneOf(&["SCSI", "NVMe"])),
    ],
};

static KEY: Form =
    Form { name: "SshPublicKey", fields: &[optional("path", Shape::Text), optional("keyData", Shape::Text)] };

static SSH: Form =
    Form { name: "SshConfiguration", fields: &[optional("publicKeys", Shape::List(&Shape::Object(&KEY)))] };

static PATCHES: Form = Form {
    name: "LinuxPatchSettings",
    fields: &[
        optional("patchMode", Shape::OneOf(&["ImageDefault", "AutomaticByPlatform"])),
        optional("assessmentMode", Shape::OneOf(&["ImageDefault", "AutomaticByPlatform"])),
    ],
};

static LINUX: Form = Form {
    name: "LinuxConfiguration",
    fields: &[
        optional("disablePasswordAuthentication", Shape::Bool),
        optional("ssh", Shape::Object(&SSH)),
        optional("provisionVMAgent", Shape::Bool),
        optional("patchSettings", Shape::Object(&PATCHES)),
        optional("enableVMAgentPlatformUpdates", Shape::Bool),
    ],
};

static OS: Form = Form {
    name: "OSProfile",
    fields: &[
        required("computerName", Shape::Text),
        required("adminUsername", Shape::Text),
        optional("adminPassword", Shape::Text),
        optional("customData", Shape::Text),
        optional("linuxConfiguration", Shape::Object(&LINUX)),
        optional("windowsConfiguration", Shape::NotModelled),
        optional("secrets", Shape::NotModelled),
        optional("allowExtensionOperations", Shape::Bool),
        optional("requireGuestProvisionSignal", Shape::Bool),
    ],
};

static INTERFACE_PROPERTIES: Form = Form {
    name: "NetworkInterfaceReferenceProperties",
    fields: &[optional("primary", Shape::Bool), optional("deleteOption", END)],
};

static INTERFACE: Form = Form {
    name: "NetworkInterfaceReference",
    fields: &[required("id", Shape::Text), optional("properties", Shape::Object(&INTERFACE_PROPERTIES))],
};

static NETWORK: Form = Form {
    name: "NetworkProfile",
    fields: &[
        optional("networkInterfaces", Shape::List(&Shape::Object(&INTERFACE))),
        optional("networkApiVersion", Shape::Text),
        optional("networkInterfaceConfigurations", Shape::NotModelled),
    ],
};

static UEFI: Form = Form {
    name: "UefiSettings",
    fields: &[optional("secureBootEnabled", Shape::Bool), optional("vTpmEnabled", Shape::Bool)],
};

static SECURITY: Form = Form {
    name: "SecurityProfile",
    fields: &[
        optional("securityType", Shape::OneOf(&["TrustedLaunch", "Standard", "ConfidentialVM"])),
        optional("uefiSettings", Shape::Object(&UEFI)),
        optional("encryptionAtHost", Shape::Bool),
        optional("encryptionIdentity", Shape::NotModelled),
        optional("proxyAgentSettings", Shape::NotModelled),
    ],
};

static BOOT: Form = Form {
    name: "BootDiagnostics",
    fields: &[optional("enabled", Shape::Bool), optional("storageUri", Shape::Text)],
};

static DIAGNOSTICS: Form =
    Form { name: "DiagnosticsProfile", fields: &[optional("bootDiagnostics", Shape::Object(&BOOT))] };

static BILLING: Form = Form { name: "BillingProfile", fields: &[optional("maxPrice", Shape::Number)] };

static CAPABILITIES: Form = Form {
    name: "AdditionalCapabilities",
    fields: &[optional("ultraSSDEnabled", Shape::Bool), optional("hibernationEnabled", Shape::Bool)],
};

pub(crate) static FORM: Form = Form {
    name: "VirtualMachineProperties",
    fields: &[
        optional("hardwareProfile", Shape::Object(&HARDWARE)),
        optional("storageProfile", Shape::Object(&STORAGE)),
        optional("osProfile", Shape::Object(&OS)),
        optional("networkProfile", Shape::Object(&NETWORK)),
        optional("securityProfile", Shape::Object(&SECURITY)),
        optional("diagnosticsProfile", Shape::Object(&DIAGNOSTICS)),
        optional("additionalCapabilities", Shape::Object(&CAPABILITIES)),
        optional("availabilitySet", Shape::Reference(Kind::AvailabilitySet)),
        optional("priority", Shape::OneOf(&["Regular", "Low", "Spot"])),
        optional("evictionPolicy", Shape::OneOf(&["Deallocate", "Delete"])),
        optional("billingProfile", Shape::Object(&BILLING)),
        optional("userData", Shape::Text),
        optional("extensionsTimeBudget", Shape::Text),
        optional("licenseType", Shape::Text),
        optional("platformFaultDomain", Shape::Integer),
        optional("proximityPlacementGroup", Shape::NotModelled),
        optional("virtualMachineScaleSet", Shape::NotModelled),
        optional("host", Shape::NotModelled),
        optional("hostGroup", Shape::NotModelled),
        optional("scheduledEventsProfile", Shape::NotModelled),
        optional("scheduledEventsPolicy", Shape::NotModelled),
        optional("capacityReservation", Shape::NotModelled),
        optional("applicationProfile", Shape::NotModelled),
        read_only("instanceView"),
        read_only("provisioningState"),
        read_only("vmId"),
        read_only("timeCreated"),
    ],
};
