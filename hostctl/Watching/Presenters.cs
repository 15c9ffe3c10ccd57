using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Swapping;
using Spectre.Console;

namespace HostSwap.Hostctl.Watching;

/// <summary>Shows a swap while it goes on.</summary>
internal interface ISwapPresenter : ISwapObserver, IAsyncDisposable
{
    /// <summary>Says something of hostctl's own. Safe at any time from any thread.</summary>
    void Note(string message);

    /// <summary>The operator has agreed: from now on nothing else writes until this is disposed.</summary>
    void Approved();
}

/// <summary>A line for each event.</summary>
/// <param name="output">Where events go.</param>
/// <param name="notes">Where notes go.</param>
/// <param name="time">Gives the time zone.</param>
internal sealed class PlainPresenter(TextWriter output, TextWriter notes, TimeProvider time) : ISwapPresenter
{
    private readonly EventLinesText _lines = new(time.LocalTimeZone);

    /// <inheritdoc/>
    public void OnEvent(SwapEvent swapEvent)
    {
        if (_lines.Say(swapEvent) is not { } line) return;
        output.WriteLine(line);
        output.Flush();
    }

    /// <inheritdoc/>
    public void Note(string message) => notes.WriteLine($"hostctl: {SafeText.Sentence(message)}");

    /// <inheritdoc/>
    public void Approved()
    {
        // Lines go on as they are.
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>JSON Lines, the first of which names the schema.</summary>
internal sealed class JsonPresenter : ISwapPresenter
{
    private readonly TextWriter _output;
    private readonly TextWriter _notes;
    private readonly TimeProvider _time;

    /// <summary>Writes the first line.</summary>
    /// <param name="output">Where the lines go.</param>
    /// <param name="notes">Where notes go for people.</param>
    /// <param name="time">The clock for notes.</param>
    public JsonPresenter(TextWriter output, TextWriter notes, TimeProvider time)
    {
        _output = output;
        _notes = notes;
        _time = time;
        HostctlJson.WriteLine(output, EventsHeader.Current, json => json.EventsHeader);
    }

    /// <inheritdoc/>
    public void OnEvent(SwapEvent swapEvent)
    {
        if (EventLine.Of(swapEvent) is { } line) Write(line);
    }

    /// <inheritdoc/>
    public void Note(string message)
    {
        _notes.WriteLine($"hostctl: {SafeText.Sentence(message)}");
        Write(new NoteLine(_time.GetUtcNow(), message));
    }

    /// <inheritdoc/>
    public void Approved()
    {
        // Lines go on as they are.
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Write(EventLine line) => HostctlJson.WriteLine(_output, line, json => json.EventLine);
}

/// <summary>
/// Plain lines until the plan is approved, since the question needs the terminal; then a picture that is drawn anew
/// several times a second, whatever the rate of events.
/// </summary>
/// <param name="console">A terminal.</param>
/// <param name="time">The clock.</param>
internal sealed class LivePresenter(IAnsiConsole console, TimeProvider time) : ISwapPresenter
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(125);

    private readonly Lock _lock = new();
    private readonly EventLinesText _lines = new(time.LocalTimeZone);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SwapView _view = SwapView.Empty;
    private string _note = "";
    private Task? _drawing;

    /// <inheritdoc/>
    public void OnEvent(SwapEvent swapEvent)
    {
        lock (_lock)
        {
            _view = _view.Apply(swapEvent);
            if (_drawing is null && _lines.Say(swapEvent) is { } line) console.Line(line);
        }
    }

    /// <inheritdoc/>
    public void Note(string message)
    {
        lock (_lock)
        {
            _note = message;
            if (_drawing is null) console.Line(message, Tone.Doubtful);
        }
    }

    /// <inheritdoc/>
    public void Approved()
    {
        lock (_lock)
        {
            _drawing ??= Task.Run(DrawAsync);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _done.TrySetResult();
        if (_drawing is not null) await _drawing;
    }

    private Task DrawAsync() => console.Live(Picture())
        .AutoClear(true)
        .Overflow(VerticalOverflow.Crop)
        .StartAsync(async context =>
        {
            while (!_done.Task.IsCompleted)
            {
                context.UpdateTarget(Picture());
                await Task.WhenAny(_done.Task, Task.Delay(Interval, time));
            }
        });

    private Spectre.Console.Rendering.IRenderable Picture()
    {
        lock (_lock)
        {
            return LiveView.Draw(_view, time.GetUtcNow(), console.Profile.Width, console.Profile.Height, _note);
        }
    }
}
