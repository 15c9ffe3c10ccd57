using System.Text.Json;
using System.Text.Json.Serialization;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>The Debian packages of a generation, as its image wrote them down when it was built.</summary>
public static class PackageManifest
{
    /// <summary>The most bytes that one may have.</summary>
    public const int LargestManifest = 4 << 20;

    /// <summary>Reads them; null where the image has no manifest, or none that can be understood.</summary>
    /// <param name="kernel">The outer host's kernel, through which files of a container are seen.</param>
    /// <param name="initPid">The container's init.</param>
    public static IReadOnlyList<InstalledPackage>? Read(IOuterKernel kernel, int initPid) =>
        Parse(kernel.ReadText(initPid, HostImageContract.PackageManifest, LargestManifest));

    /// <summary>Reads a manifest; null where there is none, or none that can be understood.</summary>
    /// <param name="text">Its text; null or empty where there is none.</param>
    public static IReadOnlyList<InstalledPackage>? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        try
        {
            var packages = JsonSerializer.Deserialize(text, PackageManifestJson.Default.IReadOnlyListInstalledPackage);
            return packages is { Count: > 0 } && packages.All(static package => package is { Name: not null, Version: not null }) ? packages : null;
        }
        catch (JsonException)
        {
            return null; // Whoever asks says that nothing can be said of the packages.
        }
    }

    /// <summary>What changes from one to the other: what matters to security first, each part by name.</summary>
    public static IReadOnlyList<PackageChange> Compare(IReadOnlyList<InstalledPackage> from, IReadOnlyList<InstalledPackage> to)
    {
        var (before, after) = (from.ToLookup(KeyOf), to.ToLookup(KeyOf));
        return
        [
            .. before.Select(static group => group.Key).Union(after.Select(static group => group.Key))
                .Select(key => (Now: before[key].FirstOrDefault(), Then: after[key].FirstOrDefault()))
                .Where(static pair => !string.Equals(pair.Now?.Version, pair.Then?.Version, StringComparison.Ordinal))
                .Select(static pair => new PackageChange((pair.Then ?? pair.Now)!.Name, pair.Now?.Version, pair.Then?.Version, IsSensitive((pair.Then ?? pair.Now)!)))
                .OrderByDescending(static change => change.Sensitive)
                .ThenBy(static change => change.Name, StringComparer.Ordinal),
        ];

        static (string Name, string? Architecture) KeyOf(InstalledPackage package) => (package.Name, package.Architecture is "all" ? null : package.Architecture);
    }

    /// <summary>
    /// By source package: a guest's way out of its VM leads through QEMU, its firmware, its TPM and what they are linked with;
    /// the rest is what everything in the host stands on.
    /// </summary>
    private static bool IsSensitive(InstalledPackage package) => Sensitive.Contains(package.Source ?? package.Name);

    private static readonly HashSet<string> Sensitive = new(
        [
            "qemu", "libvirt", "libvirt-dbus", "swtpm", "libtpms", "edk2", "seabios", "ipxe", "libslirp", "spice", "usbredir", "virglrenderer",
            "glibc", "systemd", "dbus", "openssl", "gnutls28", "libgcrypt20", "zlib", "libxml2", "dnsmasq", "nftables", "iptables",
        ],
        StringComparer.Ordinal);
}

/// <summary>A package as it is installed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Architecture">Its architecture; null where the manifest does not say.</param>
/// <param name="Source">The source package that it was built from; null where the manifest does not say.</param>
public sealed record InstalledPackage(string Name, string Version, string? Architecture = null, string? Source = null);

/// <summary>A package that changes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="From">Its version now; null where it is added.</param>
/// <param name="To">Its version then; null where it is removed.</param>
/// <param name="Sensitive">Whether security rests on it.</param>
public sealed record PackageChange(string Name, string? From, string? To, bool Sensitive);

/// <summary>JSON of a manifest.</summary>
[JsonSerializable(typeof(IReadOnlyList<InstalledPackage>))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class PackageManifestJson : JsonSerializerContext;
