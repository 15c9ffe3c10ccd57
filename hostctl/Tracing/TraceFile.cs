using System.Diagnostics;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Logging;
using HostSwap.Orchestrator.Tracing;

namespace HostSwap.Hostctl.Tracing;

/// <summary>
/// Writes every call to libvirt, systemd, QEMU and Docker into a file, a JSON line each, when it has ended: where the time
/// of a verb goes. The file is appended to, as a log is.
/// </summary>
internal sealed class TraceFile : IDisposable
{
    /// <summary>The environment variable that names it.</summary>
    public const string Variable = "HOSTSWAP_TRACE";

    private readonly Lock _lock = new();
    private readonly StreamWriter _writer;
    private readonly ActivityListener _listener;

    private TraceFile(Stream stream)
    {
        _writer = new StreamWriter(stream);
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is OutsideCalls.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = Write,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Begins where the environment asks for it; null where it does not.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static TraceFile? Open(IReadOnlyDictionary<string, string?> environment) =>
        environment.TryGetValue(Variable, out var path) && path is { Length: > 0 } ? new TraceFile(AppendingFile.Open(path)) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        lock (_lock) _writer.Dispose();
    }

    private void Write(Activity span)
    {
        var line = new TraceLine(new DateTimeOffset(span.StartTimeUtc), span.Duration.TotalMilliseconds, span.GetTagItem(OutsideCalls.SystemTag) as string ?? "", span.OperationName);
        lock (_lock) HostctlJson.WriteLine(_writer, line, static json => json.TraceLine);
    }
}

/// <summary>One call.</summary>
/// <param name="At">When it began.</param>
/// <param name="ElapsedMs">How long it took.</param>
/// <param name="System">Who was called.</param>
/// <param name="Call">What for.</param>
internal sealed record TraceLine(DateTimeOffset At, double ElapsedMs, string System, string Call);
