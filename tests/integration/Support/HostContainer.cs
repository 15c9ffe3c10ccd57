using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;

namespace HostSwap.IntegrationTests.Support;

/// <summary>A whole host in a container that belongs to no outer host.</summary>
internal static class HostContainer
{
    private static readonly string[] Capabilities =
    [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "KILL", "MKNOD", "NET_ADMIN",
        "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_ADMIN", "SYS_CHROOT", "SYS_NICE", "SYS_PTRACE",
    ];

    /// <summary>
    /// The options by which hostctl runs a host container, written down independently of it.
    /// Disposing of it removes it; where this program is killed first, the next one does, by the label.
    /// </summary>
    public static ContainerBuilder Of(string image) => new ContainerBuilder(image)
        .WithImagePullPolicy(DotNet.Testcontainers.Images.PullPolicy.Never)
        // It tells every command on standard output.
        .WithLogger(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance)
        .WithLabel(LabJanitor.OwnerLabel, LabJanitor.OwnerLabelValue)
        .WithEnvironment("container", "docker")
        .WithTmpfsMount("/run")
        .WithTmpfsMount("/run/lock")
        .WithTmpfsMount("/tmp")
        .WithCreateParameterModifier(static parameters =>
        {
            parameters.HostConfig ??= new Docker.DotNet.Models.HostConfig();
            parameters.HostConfig.Privileged = false;
            parameters.HostConfig.CapDrop = ["ALL"];
            parameters.HostConfig.CapAdd = Capabilities;
            parameters.HostConfig.SecurityOpt = ["seccomp=unconfined", "apparmor=unconfined"];
            parameters.HostConfig.MaskedPaths = [];
            parameters.HostConfig.ReadonlyPaths = [];
            parameters.HostConfig.CgroupnsMode = "private";
            // An uplink is a generation's affair; without one these tests need no network of Docker's.
            parameters.HostConfig.NetworkMode = "none";
            parameters.HostConfig.Devices =
            [
                .. new[] { "/dev/net/tun", "/dev/kvm", "/dev/fuse" }.Where(File.Exists).Select(static path => new Docker.DotNet.Models.DeviceMapping
                {
                    PathOnHost = path,
                    PathInContainer = path,
                    CgroupPermissions = "rwm",
                }),
            ];
        });

    /// <summary>Waits until its systemd has started everything, and returns how that ended.</summary>
    public static async Task<string> AwaitBootAsync(IContainer container, CancellationToken cancellationToken)
    {
        var state = "";
        await Poll.UntilAsync(
            "the end of start-up",
            TimeSpan.FromSeconds(60),
            async token => (state = (await container.ExecAsync(["systemctl", "is-system-running"], token)).Stdout.Trim()) is "running" or "degraded" or "maintenance",
            () => state,
            cancellationToken);
        return state;
    }
}
