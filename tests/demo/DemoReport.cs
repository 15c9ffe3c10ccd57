using System.Text.Json;

namespace HostSwap.Demo;

/// <summary><c>out/demo/report.json</c>; times in the unit of their name, sizes in bytes.</summary>
internal sealed record DemoReport(
    string Schema,
    string Result,
    double SwapSeconds,
    string FromImage,
    string ToImage,
    string Accelerator,
    double MaxBlackoutMs,
    IReadOnlyList<VmReport> Vms,
    WitnessSection Witness,
    IReadOnlyList<string> Failures)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Writes it.</summary>
    public async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(this, Options) + "\n", cancellationToken);
    }
}

/// <summary>One VM; what does not apply to it (a shut off VM has no blackout) is null.</summary>
internal sealed record VmReport(
    string Name,
    string Uuid,
    string Method,
    string MoveState,
    long? TransferredBytes,
    double? BlackoutMs,
    double? QemuDowntimeMs,
    int? PingsSent,
    int? PingsLost,
    double? PingMedianMs,
    bool? SameBoot,
    bool? CounterContinuous,
    long? TicksBefore,
    long? TicksAfter,
    string StateBefore,
    string StateAfter,
    string? DiskOwnerBefore,
    string? DiskOwnerAfter,
    int Definitions);

/// <summary>What the witness saw.</summary>
internal sealed record WitnessSection(long Samples, double LongestGapMs, int VmsSeenTwice, int DoubleRuns);
