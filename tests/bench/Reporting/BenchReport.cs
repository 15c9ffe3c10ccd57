using System.Text.Json;

namespace HostSwap.Bench.Reporting;

/// <summary><c>out/bench/report.json</c>; times in the unit of their name, sizes in bytes unless they say otherwise.</summary>
internal sealed record BenchReport
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Its version.</summary>
    public string Schema { get; init; } = "hostswap/bench/1";

    /// <summary><c>full</c> or <c>quick</c>.</summary>
    public required string Scale { get; init; }

    /// <summary>The images of both sides, as in <c>trixie → trixie</c>.</summary>
    public required string Pair { get; init; }

    /// <summary>libvirt's domain type of the guests: <c>kvm</c> or <c>qemu</c>, which is plain emulation.</summary>
    public required string Accelerator { get; init; }

    /// <summary>Cores of the machine.</summary>
    public required int Processors { get; init; }

    /// <summary>RAM of the machine.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>RAM of the guests that are compared with virsh.</summary>
    public required int ReferenceMiB { get; init; }

    /// <summary>How long all of it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>What follows from the rows.</summary>
    public required BenchRatios Ratios { get; init; }

    /// <summary>A filled, idle guest, alone.</summary>
    public required IReadOnlyList<MoveRow> Idle { get; init; }

    /// <summary>A guest that dirties memory faster than one stream copies, alone.</summary>
    public required IReadOnlyList<MoveRow> Dirtying { get; init; }

    /// <summary>A whole host.</summary>
    public required IReadOnlyList<HostRow> Hosts { get; init; }

    /// <summary>hostctl's own cost in each of its runs.</summary>
    public required IReadOnlyList<CostRow> Costs { get; init; }

    /// <summary>Verbs without moves.</summary>
    public required IReadOnlyList<StartUpRow> StartUp { get; init; }

    /// <summary>Generations' beginnings and ends.</summary>
    public required IReadOnlyList<LifecycleRow> Lifecycle { get; init; }

    /// <summary>How each figure was got, and what makes a comparison fair.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }

    /// <summary>What could not be measured, or was wrong with a guest afterwards; empty where all is well.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Writes it.</summary>
    public async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(this, Json) + "\n", cancellationToken);
    }
}
