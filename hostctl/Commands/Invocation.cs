using System.CommandLine;
using HostSwap.Hostctl.Logging;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Configuration;
using Spectre.Console;

namespace HostSwap.Hostctl.Commands;

/// <summary>One run of one verb, with what it opens on the way. Nothing is opened before it is asked for.</summary>
internal sealed class Invocation : IDisposable
{
    private readonly GlobalOptions _options;
    private readonly Lazy<IAnsiConsole> _out;
    private readonly Lazy<IAnsiConsole> _error;
    private readonly bool _changes;
    private HostSwapSettings? _settings;
    private IOuterHost? _host;

    /// <summary>Begins it.</summary>
    public Invocation(
        HostctlServices services, GlobalOptions options, ParseResult parsed, InterruptGuard guard, bool changes)
    {
        _options = options;
        _changes = changes;
        Services = services;
        Parsed = parsed;
        Guard = guard;
        Format = options.FormatOf(parsed);
        var noColor = parsed.GetValue(options.NoColor);
        _out = new(() => Consoles.Create(services.Out, services.Terminal.Output, services, noColor));
        _error = new(() => Consoles.Create(services.Error, services.Terminal.Error, services, noColor));
    }

    /// <summary>The outside world.</summary>
    public HostctlServices Services { get; }

    /// <summary>The command line.</summary>
    public ParseResult Parsed { get; }

    /// <summary>The signals.</summary>
    public InterruptGuard Guard { get; }

    /// <summary>How results are written.</summary>
    public OutputFormat Format { get; }

    /// <summary>Standard output with tables and colours.</summary>
    public IAnsiConsole Out => _out.Value;

    /// <summary>Standard error with tables and colours.</summary>
    public IAnsiConsole Error => _error.Value;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => Guard.Token;

    /// <summary>The time zone of the operator.</summary>
    public TimeZoneInfo Zone => Services.Time.LocalTimeZone;

    /// <summary>Whether log lines are shown.</summary>
    public bool Verbose => Parsed.GetValue(_options.Verbose);

    /// <summary>The configuration, with what the command line changes of it; read as the outer host is opened.</summary>
    public HostSwapSettings Settings => _settings ?? throw new InvalidOperationException("The outer host has not been opened.");

    /// <summary>The log; null before the outer host is opened.</summary>
    public HostctlLog? Log { get; private set; }

    /// <summary>Reads the configuration, opens the log and the outer host.</summary>
    /// <param name="withLogFile">False where the log's directory is still to be made.</param>
    public IOuterHost OpenHost(bool withLogFile = true)
    {
        if (_host is not null) return _host;
        _settings = _options.Adjust(Services.Factory.LoadSettings(Parsed.GetValue(_options.Config), Services.Environment), Parsed);
        var directory = withLogFile || Directory.Exists(_settings.Paths.Logs) ? _settings.Paths.Logs : null;
        Log = HostctlLog.Open(directory, Services, Verbose, Warn);
        if (_changes) Log.Logger.Information("hostctl {Verb} begun", Parsed.CommandResult.Command.Name);
        return _host = Services.Factory.Open(_settings, Services.Time);
    }

    /// <summary>Runs a command in a generation, by default the active one, with this terminal.</summary>
    /// <returns>The command's exit status.</returns>
    public async Task<int> RunInGenerationAsync(IReadOnlyList<string> command, int? generation = null)
    {
        var terminal = Services.Terminal is { Input: true, Output: true };
        var line = await OpenHost().GetExecCommandAsync(generation, command, terminal, Token);
        return await Services.Children.RunAsync(line, Services.Signals);
    }

    /// <summary>Warns the operator; the verb goes on.</summary>
    public void Warn(string message) => Services.Error.WriteLine($"hostctl: warning: {SafeText.Sentence(message)}");

    /// <summary>Closes the outer host, if it was opened.</summary>
    public ValueTask CloseHostAsync() => _host?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Closes the log.</summary>
    public void Dispose() => Log?.Dispose();
}
