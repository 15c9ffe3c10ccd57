using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace HostSwap.Hostctl.Logging;

/// <summary>A logger and what every line of a swap shall carry.</summary>
internal sealed class HostctlLog : IDisposable
{
    /// <summary>Property of events that were told on standard error already, so that they are not told twice.</summary>
    public const string Told = "Told";

    private const long FileSizeLimit = 8 * 1024 * 1024;
    private const int FilesKept = 5;

    private readonly Logger _logger;

    private HostctlLog(Logger logger, SwapLogContext swap, string? file)
    {
        _logger = logger;
        Swap = swap;
        File = file;
    }

    /// <summary>The logger.</summary>
    public ILogger Logger => _logger;

    /// <summary>The swap that is going on, for every line.</summary>
    public SwapLogContext Swap { get; }

    /// <summary>The log file; null where none can be written.</summary>
    public string? File { get; }

    /// <summary>Opens the log.</summary>
    /// <param name="directory">Directory of the log files; null for no file.</param>
    /// <param name="services">Standard error and the environment.</param>
    /// <param name="verbose">Whether lines are shown on standard error.</param>
    /// <param name="warn">Is told when the file cannot be written; hostctl goes on without it.</param>
    public static HostctlLog Open(string? directory, HostctlServices services, bool verbose, Action<string> warn)
    {
        var swap = new SwapLogContext();
        var configuration = new LoggerConfiguration()
            .MinimumLevel.Is(verbose ? LogEventLevel.Debug : LogEventLevel.Information)
            .Enrich.FromLogContext()
            .Enrich.With(swap);
        if (IsUnderSystemd(services)) configuration.WriteTo.Sink(new StandardErrorSink(services.Error, true));
        else if (verbose) configuration.WriteTo.Sink(new StandardErrorSink(services.Error, false));
        var file = directory is null ? null : AddFile(configuration, directory, warn);
        return new HostctlLog(configuration.CreateLogger(), swap, file);
    }

    /// <summary>Whether standard error goes to systemd's journal, which understands level prefixes.</summary>
    public static bool IsUnderSystemd(HostctlServices services) =>
        !services.Terminal.Error
        && (IsSet(services.Environment, "JOURNAL_STREAM") || IsSet(services.Environment, "INVOCATION_ID"));

    /// <inheritdoc/>
    public void Dispose() => _logger.Dispose();

    private static bool IsSet(IReadOnlyDictionary<string, string?> environment, string name) =>
        environment.TryGetValue(name, out var value) && !string.IsNullOrEmpty(value);

    private static string? AddFile(LoggerConfiguration configuration, string directory, Action<string> warn)
    {
        var path = Path.Join(directory, "hostctl.log");
        if (!Directory.Exists(directory))
        {
            warn($"nothing is logged: there is no directory '{directory}'; 'hostctl init' makes it");
            return null;
        }

        try
        {
            // Opened once before Serilog does, which would keep the failure to itself.
            AppendingFile.Open(path).Dispose();
        }
        catch (IOException e)
        {
            warn($"nothing is logged: {e.Message}");
            return null;
        }

        configuration.WriteTo.File(
            new CompactJsonFormatter(),
            path,
            fileSizeLimitBytes: FileSizeLimit,
            rollOnFileSizeLimit: true,
            retainedFileCountLimit: FilesKept,
            hooks: new AppendingFile());
        return path;
    }
}
