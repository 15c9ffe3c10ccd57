using Docker.DotNet.Models;

namespace HostSwap.Orchestrator.Docker;

/// <summary>Translates a <see cref="HostContainerSpec"/> into what Docker's API takes.</summary>
internal static class HostContainerParameters
{
    /// <summary>
    /// systemd as init needs its own cgroup namespace, no seccomp filter or AppArmor profile made for applications, and
    /// an unmasked /proc and /sys (empty lists are what the Docker client's <c>systempaths=unconfined</c> sends).
    /// Source: systemd's "Container Interface"; measured with Docker 20.10.
    /// </summary>
    public static CreateContainerParameters From(HostContainerSpec spec) => new()
    {
        Name = spec.Name,
        Hostname = spec.Hostname,
        Image = spec.Image,
        Env = [.. spec.Environment.Select(pair => $"{pair.Key}={pair.Value}")],
        Labels = new Dictionary<string, string>(spec.Labels, StringComparer.Ordinal),
        StopSignal = "SIGRTMIN+3",
        Tty = false,
        HostConfig = new HostConfig
        {
            NetworkMode = spec.Network,
            CgroupnsMode = "private",
            Privileged = false,
            CapDrop = ["ALL"],
            CapAdd = [.. spec.Capabilities],
            SecurityOpt = ["seccomp=unconfined", "apparmor=unconfined"],
            MaskedPaths = [],
            ReadonlyPaths = [],
            Devices = [.. spec.Devices.Select(Device)],
            Mounts = [.. spec.Mounts.Select(Mount)],
            Tmpfs = new Dictionary<string, string>(spec.TemporaryFileSystems, StringComparer.Ordinal),
            // A generation that is not the active one must never be started by Docker; see GenerationManager.
            RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.No },
        },
    };

    private static DeviceMapping Device(string path) => new()
    {
        PathOnHost = path,
        PathInContainer = path,
        CgroupPermissions = "rwm",
    };

    /// <summary>Mounts, unlike Binds, fail where the source is missing instead of creating a directory there.</summary>
    private static Mount Mount(BindMount mount) => new()
    {
        Type = "bind",
        Source = mount.Source,
        Target = mount.Target,
        ReadOnly = mount.ReadOnly,
    };
}
