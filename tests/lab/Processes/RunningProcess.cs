using System.Diagnostics;
using System.Text;
using System.Threading.Channels;

namespace HostSwap.Lab.Processes;

/// <summary>A program that runs on: its lines are read as they come, and signals can be sent to it.</summary>
public sealed class RunningProcess : IAsyncDisposable
{
    /// <summary>The exit code of a program that SIGKILL ended, as shells and .NET tell it.</summary>
    public const int KilledExitCode = 128 + (int)Signal.Kill;

    private readonly Process _process;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly StringBuilder _output = new();
    private readonly Lock _outputLock = new();
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly Task _reading;
    private readonly Task<string> _error;
    private readonly string _commandLine;

    /// <summary>Starts it.</summary>
    public RunningProcess(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = Command.StartInfo(program, arguments, environment);
        start.RedirectStandardInput = true;
        _commandLine = Command.Line(program, arguments);
        _process = Command.Start(start);
        _process.StandardInput.Close();
        _error = _process.StandardError.ReadToEndAsync();
        _reading = ReadAsync();
    }

    /// <summary>Its process id.</summary>
    public int Pid => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it has printed so far.</summary>
    public string OutputSoFar
    {
        get
        {
            lock (_outputLock) return _output.ToString();
        }
    }

    /// <summary>Sends a signal to it.</summary>
    public void Send(Signal signal) => Native.Send(_process.Id, signal);

    /// <summary>Reads on until a line fulfils the condition, and returns that line.</summary>
    /// <exception cref="LabException">It ended first, or the time is up.</exception>
    public async Task<string> WaitForLineAsync(
        string awaited, Func<string, bool> condition, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(deadline.Token))
                if (condition(line)) return line;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LabException($"{_commandLine}: waited {limit.TotalSeconds:0.#} s for {awaited}; it printed:\n{OutputSoFar}");
        }

        var result = await WaitAsync(limit, cancellationToken);
        throw new LabException($"it ended before {awaited}: {result.Describe()}");
    }

    /// <summary>Waits for its end.</summary>
    public async Task<CommandResult> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
            await _reading.WaitAsync(deadline.Token);
            return new CommandResult(_commandLine, _process.ExitCode, OutputSoFar, await _error.WaitAsync(deadline.Token), _clock.Elapsed);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LabException($"{_commandLine}: still running after {limit.TotalSeconds:0.#} s; it printed:\n{OutputSoFar}");
        }
    }

    /// <summary>Kills it if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        await Task.WhenAll(_reading, _error);
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_outputLock) _output.AppendLine(line);
            _lines.Writer.TryWrite(line);
        }

        _lines.Writer.Complete();
    }
}
