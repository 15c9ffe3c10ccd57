using System.Security.Cryptography;
using System.Text.Json;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Processes;

namespace HostSwap.Lab.Hosts;

/// <summary>
/// An isolated outer host on this machine: a root of its own, a Docker network of its own, the real hostctl, real
/// generations and real guests. Disposing of it leaves nothing behind.
/// </summary>
public sealed partial class OuterHostLab : IAsyncDisposable
{
    private readonly LabRecord _record;
    private readonly LabOptions _options;
    private readonly string _accelerator;
    private readonly List<Guest> _guests = [];

    private OuterHostLab(LabRecord record, LabOptions options, FreeSubnet subnet, string accelerator)
    {
        (_record, _options, Subnet, _accelerator) = (record, options, subnet, accelerator);
        Hostctl = new HostctlRunner(record.Root);
    }

    /// <summary>Its short id.</summary>
    public string Id => _record.Id;

    /// <summary>What takes the place of <c>/</c>.</summary>
    public string Root => _record.Root;

    /// <summary>The label by which all that belongs to it is found and removed.</summary>
    public string Label => _record.Label;

    /// <summary>Its Docker network.</summary>
    public string Network => _record.Network;

    /// <summary>Its paths.</summary>
    public Orchestrator.Configuration.HostSwapPaths Paths => _record.Paths;

    /// <summary>Directory of guests' files, the same in every generation.</summary>
    public string GuestDirectory => _record.Guests;

    /// <summary>Its network.</summary>
    public FreeSubnet Subnet { get; }

    /// <summary>Its hostctl.</summary>
    public HostctlRunner Hostctl { get; }

    /// <summary>The guests that were made in it.</summary>
    public IReadOnlyList<Guest> Guests => _guests;

    /// <summary>Domain type of its guests.</summary>
    public string AcceleratorName => _accelerator;

    /// <summary>Whether <see cref="DisposeAsync"/> leaves everything as it is, for a person to look at.</summary>
    public bool Keep { get; set; }

    /// <summary>Makes the directories and the configuration; no container runs yet.</summary>
    public static async Task<OuterHostLab> CreateAsync(LabOptions options, CancellationToken cancellationToken)
    {
        var accelerator = await Accelerator.ProbeAsync(cancellationToken);
        var id = RandomNumberGenerator.GetHexString(6, lowercase: true);
        var record = new LabRecord(id, ProcessIdentity.Current, $"hslab-{id}", options.Purpose);
        await record.WriteAsync(cancellationToken);
        var lab = new OuterHostLab(record, options, await FreeSubnet.FindAsync(cancellationToken), accelerator);
        Directory.CreateDirectory(Path.GetDirectoryName(lab.Paths.ConfigurationFile)!);
        Directory.CreateDirectory(lab.GuestDirectory);
        if (options.StateMiB is { } size) await lab.MountStateAsync(size, cancellationToken);
        await lab.ConfigureAsync(options, cancellationToken);
        return lab;
    }

    /// <summary>Makes a lab, and brings its first generation up.</summary>
    public static async Task<OuterHostLab> StartAsync(LabOptions options, CancellationToken cancellationToken)
    {
        var lab = await CreateAsync(options, cancellationToken);
        try
        {
            (await lab.Hostctl.RunAsync(["init"], cancellationToken)).Succeeded();
            (await lab.Hostctl.RunAsync(["start"], cancellationToken)).Succeeded();
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Replaces the configuration; the next hostctl reads it.</summary>
    public Task ConfigureAsync(LabOptions options, CancellationToken cancellationToken) =>
        WriteConfigurationAsync(LabConfiguration.Write(options, _record, Subnet), cancellationToken);

    /// <summary>Replaces the configuration by any text.</summary>
    public Task WriteConfigurationAsync(string text, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(Paths.ConfigurationFile, text, cancellationToken);

    /// <summary>What it was configured with at first.</summary>
    public LabOptions Options => _options;

    /// <summary>The generation with a number.</summary>
    public async Task<Generation> GenerationAsync(int number, CancellationToken cancellationToken) =>
        await TryGenerationAsync(number, cancellationToken) ?? throw new LabException($"there is no container of gen-{number}");

    /// <summary>The generation with a number; null where Docker has no container of it.</summary>
    public async Task<Generation?> TryGenerationAsync(int number, CancellationToken cancellationToken)
    {
        var containers = await DockerCli.ContainersAsync(_record.Label, cancellationToken);
        var named = (await DockerCli.InspectAsync(containers, cancellationToken)).FirstOrDefault(container =>
            container.GetProperty("Name").GetString()!.EndsWith($"gen-{number}", StringComparison.Ordinal));
        return named.ValueKind is JsonValueKind.Undefined ? null : new Generation(number, DockerCli.IdOf(named));
    }

    /// <summary>The active generation, as hostctl names it.</summary>
    public async Task<Generation> ActiveAsync(CancellationToken cancellationToken) =>
        await GenerationAsync((await Hostctl.StatusAsync(cancellationToken)).Active.Number, cancellationToken);

    /// <summary>Ids of all its containers.</summary>
    public Task<IReadOnlyList<string>> ContainersAsync(CancellationToken cancellationToken) =>
        DockerCli.ContainersAsync(_record.Label, cancellationToken);

    /// <summary>Removes everything, unless it shall be kept.</summary>
    public async ValueTask DisposeAsync()
    {
        SaveConsolesOfTroubledGuests();
        if (!Keep) await LabJanitor.RemoveAsync(_record, CancellationToken.None);
    }

    /// <summary>The janitor unmounts it.</summary>
    private async Task MountStateAsync(int mebibytes, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Paths.State);
        var options = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"size={mebibytes}m,mode=0700");
        (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", options, "hostswap-lab", Paths.State], cancellationToken)).Succeeded();
    }

    /// <summary>A console that shows more than ticks is the only witness of what happened in its guest.</summary>
    private void SaveConsolesOfTroubledGuests()
    {
        foreach (var guest in _guests.Where(static guest => File.Exists(guest.ConsoleLog) && !guest.ReadLog().Judge().IsContinuous))
        {
            var directory = Path.Join(Repository.Output, "consoles");
            Directory.CreateDirectory(directory);
            File.Copy(guest.ConsoleLog, Path.Join(directory, $"{Id}-{Path.GetFileName(guest.ConsoleLog)}"), overwrite: true);
        }
    }
}
