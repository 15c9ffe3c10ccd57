using System.Security.Cryptography;
using System.Text;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>
/// Every path of one outer host. <paramref name="Root"/> prefixes them all, so that several outer hosts can live on
/// one machine in tests.
/// </summary>
/// <param name="Root">Absolute path that takes the place of <c>/</c>.</param>
public sealed record HostSwapPaths(string Root)
{
    /// <summary>Where the outer host's own libvirt is, whatever <see cref="Root"/> says of HostSwap.</summary>
    public OuterLibvirtPaths Outer { get; init; } = new("/");

    /// <summary>The default configuration file.</summary>
    public string ConfigurationFile => Path.Join(Root, "etc/hostswap/hostswap.toml");

    /// <summary>Durable state.</summary>
    public string State => Path.Join(Root, "var/lib/hostswap");

    /// <summary>State that a reboot clears.</summary>
    public string Runtime => Path.Join(Root, "run/hostswap");

    /// <summary>The journal.</summary>
    public string JournalFile => Path.Join(State, "journal.db");

    /// <summary>Log files.</summary>
    public string Logs => Path.Join(State, "log");

    /// <summary>Each generation's own state directory is below this.</summary>
    public string GenerationStates => Path.Join(State, "generations");

    /// <summary>Each generation's own sockets are below this.</summary>
    public string GenerationRuntimes => Path.Join(Runtime, "generations");

    /// <summary>Directories that all generations share (disks, NVRAM, vTPM state).</summary>
    public string Shared => Path.Join(State, "shared");

    /// <summary>What libvirt knew of the snapshots of VMs that are on their way; a file for each VM.</summary>
    public string KeptSnapshots => Path.Join(State, "snapshots");

    /// <summary>The same of their checkpoints.</summary>
    public string KeptCheckpoints => Path.Join(State, "checkpoints");

    /// <summary>What generations have said they can give VMs, by their image.</summary>
    public string Capabilities => Path.Join(State, "capabilities");

    /// <summary>Who has asked that no swap begins; a file each.</summary>
    public string Holds => Path.Join(State, "holds");

    /// <summary>What an adoption has taken over, as XML; a directory for each time.</summary>
    public string Adopted => Path.Join(State, "adopted");

    /// <summary>What refreshes have come to; a file each.</summary>
    public string Refreshes => Path.Join(State, "refreshes");

    /// <summary>Pages about operations of refreshes.</summary>
    public string Reports => Path.Join(State, "reports");

    /// <summary>Where images are built.</summary>
    public string Build => Path.Join(State, "build");

    /// <summary>The lock of the refresh that runs.</summary>
    public string RefreshLock => Path.Join(Runtime, "refresh.lock");

    /// <summary>Notices that have not been delivered yet; a file for each and each target.</summary>
    public string Outbox => Path.Join(State, "outbox");

    /// <summary>Migration sockets.</summary>
    public string MigrationSockets => Path.Join(Runtime, "migrate");

    /// <summary>Where the shared memory is mounted; each generation has its own directory in it.</summary>
    public string Memory => Path.Join(Runtime, "memory");

    /// <summary>The lock that one mutating hostctl holds.</summary>
    public string LockFile => Path.Join(Runtime, "lock");

    /// <summary>Stable link to the active generation's runtime directory.</summary>
    public string ActiveLink => Path.Join(Runtime, "active");

    /// <summary>
    /// Tells this outer host's containers and networks from those of others on the same Docker:
    /// empty for the root <c>/</c>, else eight hexadecimal digits of the root's hash.
    /// </summary>
    public string Instance => string.Equals(Root, "/", StringComparison.Ordinal)
        ? ""
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Root)))[..8];
}
