using System.Runtime.InteropServices;
using System.Text.Json;
using HostSwap.Hostctl;
using HostSwap.Hostctl.Systemd;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace HostSwap.UnitTests.Hostctl;

/// <summary>Runs whole command lines in process.</summary>
internal sealed class Harness : IOuterHostFactory, IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostctl-test-");
    private readonly WatchedWriter _out = new();
    private readonly StringWriter _error = new();

    public FakeOuterHost Host { get; } = new();

    public FakeSignals Signals { get; } = new();

    public FakeChildren Children { get; } = new();

    public FakeJournald Journal { get; } = new();

    public Dictionary<string, string?> Environment { get; } = new(StringComparer.Ordinal) { ["TERM"] = "xterm" };

    public TerminalFacts Terminal { get; set; } = new(false, false, false, () => 140, () => 40);

    /// <summary>What the operator types.</summary>
    public TextReader In { get; set; } = new StringReader("");

    /// <summary>Thrown when the configuration is read.</summary>
    public Exception? SettingsFailure { get; set; }

    /// <summary>The fleet as the configuration has it.</summary>
    public FleetSettings Fleet { get; set; } = new();

    public List<string?> ConfigPaths { get; } = [];

    public int Opened { get; private set; }

    /// <summary>The settings that the outer host was opened with.</summary>
    public HostSwapSettings? Settings { get; private set; }

    public string Out => _out.ToString();

    /// <summary>Ends when the first line is out.</summary>
    public Task FirstLine => _out.FirstLine;

    public string Error => _error.ToString();

    public string LogDirectory => Path.Join(_root.FullName, "var/lib/hostswap/log");

    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    public List<JsonElement> JsonLines =>
        [.. Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    public static Harness WithTerminal(string typed = "") => new()
    {
        Terminal = new(true, true, true, () => 140, () => 40),
        In = new StringReader(typed),
    };

    /// <summary>Runs a command line and gives its exit status.</summary>
    public async Task<ExitCode> RunAsync(params string[] arguments)
    {
        Directory.CreateDirectory(LogDirectory);
        return (ExitCode)await RunAsItIsAsync(arguments);
    }

    /// <summary>Runs a command line without a directory for the log.</summary>
    public Task<int> RunAsItIsAsync(params string[] arguments) => HostctlApp.RunAsync(arguments, new HostctlServices
    {
        Out = TextWriter.Synchronized(_out),
        Error = TextWriter.Synchronized(_error),
        In = In,
        Terminal = Terminal,
        Environment = Environment,
        Factory = this,
        Signals = Signals,
        Children = Children,
        Journal = Journal,
        Time = new FakeTimeProvider(Samples.At) { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) },
    });

    public HostSwapSettings LoadSettings(string? path, IReadOnlyDictionary<string, string?> environment)
    {
        ConfigPaths.Add(path);
        return SettingsFailure is null ? Samples.Settings(_root.FullName) with { Fleet = Fleet } : throw SettingsFailure;
    }

    public IOuterHost Open(HostSwapSettings settings, TimeProvider time)
    {
        Opened++;
        Settings = settings;
        return Host;
    }

    public void Dispose() => _root.Delete(recursive: true);
}

/// <summary>Keeps what is written, and tells of the first line.</summary>
internal sealed class WatchedWriter : StringWriter
{
    private readonly TaskCompletionSource _line = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task FirstLine => _line.Task;

    public override void Write(char value)
    {
        base.Write(value);
        Look(value is '\n');
    }

    public override void Write(char[] buffer, int index, int count)
    {
        base.Write(buffer, index, count);
        Look(buffer.AsSpan(index, count).Contains('\n'));
    }

    public override void Write(ReadOnlySpan<char> buffer)
    {
        base.Write(buffer);
        Look(buffer.Contains('\n'));
    }

    public override void Write(string? value)
    {
        base.Write(value);
        Look(value?.Contains('\n', StringComparison.Ordinal) == true);
    }

    private void Look(bool line)
    {
        if (line) _line.TrySetResult();
    }
}

internal sealed class FakeSignals : ISignals
{
    private Func<PosixSignal, bool>? _handler;

    /// <summary>Sends one; true where the process lives on.</summary>
    public bool Raise(PosixSignal signal) => _handler?.Invoke(signal) ?? false;

    public IDisposable Listen(Func<PosixSignal, bool> handler)
    {
        _handler = handler;
        return new Registration(this);
    }

    private sealed class Registration(FakeSignals signals) : IDisposable
    {
        public void Dispose() => signals._handler = null;
    }
}

internal sealed class FakeChildren : IChildRunner
{
    public List<IReadOnlyList<string>> Commands { get; } = [];

    public int ExitStatus { get; set; }

    /// <summary>Called as a program ends, with how many there have been.</summary>
    public Action<int>? Ended { get; set; }

    public Task<int> RunAsync(IReadOnlyList<string> command, ISignals signals)
    {
        Commands.Add(command);
        Ended?.Invoke(Commands.Count);
        return Task.FromResult(ExitStatus);
    }
}

/// <summary>Keeps what systemd's journal is told.</summary>
internal sealed class FakeJournald : ISystemJournal
{
    public List<IReadOnlyDictionary<string, string>> Messages { get; } = [];

    public void Send(IReadOnlyList<(string Field, string Value)> fields) =>
        Messages.Add(fields.ToDictionary(static field => field.Field, static field => field.Value, StringComparer.Ordinal));
}
