using System.Text;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>Third stage: raw values become settings. A value that is wrong is reported and its default used instead.</summary>
internal sealed partial class SettingsValidator(string? file, RawSettings raw, ConfigurationProblems problems)
{
    private const string EndpointAllowed =
        "\"unix:///path\" is allowed: host containers bind directories of this machine, so Docker must be on it";

    private static readonly string[] ReservedNetworks = ["bridge", "container", "default", "host", "none"];

    /// <summary>Makes the settings; they are usable only where no problem was added.</summary>
    /// <param name="root">The root that goes before that of the file.</param>
    /// <param name="dockerHost">Docker's endpoint where the file names none.</param>
    public HostSwapSettings Validate(string? root, string? dockerHost)
    {
        var paths = Paths(root);
        var docker = Docker(paths, dockerHost);
        var shared = Shared(paths);
        return new HostSwapSettings(
            paths,
            docker,
            Image(),
            shared,
            Generation(),
            Migration(),
            file)
        {
            Carry = Carry(shared),
            Adopt = Adopt(),
            ImagesDirectory = LibvirtDirectory(AdoptKeys.Images, paths, shared),
            NvramDirectory = LibvirtDirectory(AdoptKeys.Nvram, paths, shared),
            Devices = Devices(),
            Memory = Memory(),
            FurtherNetworks = FurtherNetworks(docker),
            Vms = Vms(),
            Notify = Notify(),
            Fleet = Fleet(),
            Build = Build(),
            Refresh = Refresh(),
        };
    }

    private HostSwapPaths Paths(string? overriding)
    {
        var configured = Text(KnownKeys.Root, path => HostPath.Fault(path) ?? SocketFault(path));
        if (overriding is not null && SocketFault(overriding) is { } fault)
            problems.Add(SettingsLoader.RootVariable, fault);
        return new HostSwapPaths(overriding ?? HostPath.Canonical(configured ?? SettingsDefaults.Root)) { Outer = OuterLibvirt() };
    }

    // Four digits of generations are more than a machine will see; a longer root could not carry a VM's QMP socket, whose
    // name is a UUID and so longer than libvirt's.
    private static string? SocketFault(string root)
    {
        var socket = Path.Join(new HostSwapPaths(HostPath.Canonical(root)).GenerationRuntimes, $"9999/qmp/{Guid.Empty}.sock");
        var excess = Encoding.UTF8.GetByteCount(socket) - HostPath.MaximumSocketBytes;
        return excess <= 0
            ? null
            : $"is {excess} bytes too long: {socket} must fit in the {HostPath.MaximumSocketBytes} bytes of a UNIX socket's path";
    }

    private DockerSettings Docker(HostSwapPaths paths, string? dockerHost)
    {
        var endpoint = Text(KnownKeys.DockerEndpoint, EndpointFault);
        if (endpoint is null && dockerHost is not null)
        {
            if (raw.Find<string>(KnownKeys.DockerEndpoint) is not null)
                dockerHost = null;
            else if (EndpointFault(dockerHost) is { } fault)
                problems.Add(SettingsLoader.DockerVariable, fault);
            else
                endpoint = dockerHost;
        }

        var (subnet, range) = Networks(KnownKeys.DockerSubnet, KnownKeys.DockerContainerRange);
        return new DockerSettings(
            new Uri(endpoint ?? SettingsDefaults.DockerEndpoint),
            Text(KnownKeys.DockerNetwork, NetworkFault) ?? SettingsDefaults.NetworkFor(paths),
            subnet,
            range,
            Duration(KnownKeys.DockerTimeout, SettingsDefaults.DockerTimeout, OneSecond, TimeSpan.FromMinutes(10)))
        {
            Subnet6 = Network6(KnownKeys.DockerSubnet6),
            OuterBridge = OuterBridge(KnownKeys.DockerOuterBridge),
        };
    }

    private static string? EndpointFault(string text)
    {
        const string scheme = "unix://";
        if (!text.StartsWith(scheme, StringComparison.Ordinal) || !Uri.TryCreate(text, UriKind.Absolute, out var uri))
            return $"\"{text}\" is not a UNIX socket; {EndpointAllowed}";
        var path = text[scheme.Length..];
        if (HostPath.Fault(path) is { } fault)
            return $"{fault}; {EndpointAllowed}";
        // '%', '?' and '#' mean something else in a URI than in a path.
        if (!string.Equals(uri.AbsolutePath, path, StringComparison.Ordinal))
            return $"\"{text}\" has characters that a URI does not carry unchanged; {EndpointAllowed}";
        return Encoding.UTF8.GetByteCount(path) > HostPath.MaximumSocketBytes
            ? $"the path is longer than the {HostPath.MaximumSocketBytes} bytes of a UNIX socket's path"
            : null;
    }

    private static string? NetworkFault(string name)
    {
        var wellFormed = name.Length > 0
            && char.IsAsciiLetterOrDigit(name[0])
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
        if (!wellFormed)
            return $"\"{name}\" is not a name of a Docker network; letters, digits, '_', '.' and '-' are allowed, a letter or digit first";
        return ReservedNetworks.Contains(name, StringComparer.Ordinal)
            ? $"\"{name}\" is a name that Docker keeps for itself; give the network a name of its own"
            : null;
    }

    private string Image() =>
        Text(KnownKeys.Image, text => ImageReference.IsValid(text) ? null : $"\"{text}\" is not {ImageReference.Allowed}")
        ?? SettingsDefaults.Image;

    private List<string> Shared(HostSwapPaths paths)
    {
        var directories = new List<string>();
        foreach (var located in raw.Find<List<Located<string>>>(KnownKeys.StorageShared)?.Value ?? [])
        {
            var directory = HostPath.Canonical(located.Value);
            var fault = HostPath.Fault(located.Value)
                ?? SharedDirectories.Fault(directory, paths)
                ?? NestingFault(directory, directories);
            if (fault is null)
                directories.Add(directory);
            else
                Report(located, fault);
        }

        return directories;
    }

    private static string? NestingFault(string directory, List<string> others)
    {
        var other = others.Find(other => HostPath.IsWithin(directory, other) || HostPath.IsWithin(other, directory));
        return other is null
            ? null
            : $"\"{directory}\" and \"{other}\" are the same or one lies in the other; name the outer one alone";
    }
}
