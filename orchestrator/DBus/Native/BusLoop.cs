using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Orchestrator.DBus.Native;

/// <summary>
/// The thread that owns one sd-bus connection. sd-bus is not thread-safe: every call of it, and every access to its
/// messages, happens here. Others post work, and an eventfd wakes the thread's poll.
/// </summary>
internal sealed class BusLoop : IDisposable
{
    private readonly string _peer;
    private readonly string _socketPath;
    private readonly SafeFileHandle _wake = Libc.OpenEventCounter();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<NativeSlot> _slots = [];
    private readonly Lock _lock = new();
    private readonly Thread _thread;
    private List<(Action<SdBusHandle> Work, NativeSlot Slot)> _posted = [];
    private SdBusHandle? _bus;
    private BusException? _ended;
    private volatile bool _stopping;

    /// <summary>Starts the thread, which begins to connect.</summary>
    public BusLoop(string socketPath, string peer)
    {
        _peer = peer;
        _socketPath = socketPath;
        _thread = new Thread(Run) { IsBackground = true, Name = $"bus {peer}" };
        _thread.Start();
    }

    /// <summary>Completes when the bus has accepted this client; fails with <see cref="BusConnectException"/>.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Whether the connection has ended for good.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_lock)
                return _ended is not null;
        }
    }

    /// <summary>Whether the bus is still connected, as opposed to being wound up. Only on the loop's thread.</summary>
    public bool IsOpen => _bus is not null && SdBus.IsOpen(_bus) > 0;

    /// <summary>Registers a slot on the loop's thread; where that fails or the loop has ended, fails the slot.</summary>
    public void Start(NativeSlot slot) => Post(
        bus =>
        {
            slot.Start(bus);
            _slots.Add(slot);
        },
        slot);

    /// <summary>Ends a slot from any thread.</summary>
    public void Abandon(NativeSlot slot) => Post(_ => Forget(slot), slot);

    /// <summary>Ends a slot. Only on the loop's thread.</summary>
    public void Forget(NativeSlot slot)
    {
        _slots.Remove(slot);
        slot.Release();
    }

    /// <summary>The exception for a connection that broke.</summary>
    public BusDisconnectedException Disconnected(string reason) => new(_peer, reason);

    /// <summary>Ends the connection, fails what is pending and joins the thread.</summary>
    public void Dispose()
    {
        _stopping = true;
        if (!_wake.IsClosed)
            Libc.Raise(_wake);
        // The thread never blocks but in poll, which was just woken, so this ends at once.
        _thread.Join();
        _wake.Dispose();
    }

    private void Post(Action<SdBusHandle> work, NativeSlot slot)
    {
        BusException? ended;
        lock (_lock)
        {
            ended = _ended;
            if (ended is null)
            {
                _posted.Add((work, slot));
                // Inside the lock, since the handle is closed only after the loop has ended.
                Libc.Raise(_wake);
            }
        }

        if (ended is not null)
            slot.Fail(ended);
    }

    private void Run()
    {
        BusException reason;
        try
        {
            reason = Disconnected(Pump(Connect()));
        }
        // Nobody is above this frame: whatever ends the loop is told to all who wait for it.
        catch (Exception e)
        {
            reason = new BusDisconnectedException(_peer, e.Message, e);
        }

        if (!_ready.Task.IsCompletedSuccessfully)
        {
            reason = new BusConnectException(_peer, _socketPath, reason.InnerException?.Message ?? reason.Message, reason);
            _ready.TrySetException(reason);
            _ = _ready.Task.Exception;
        }

        End(reason);
    }

    private SdBusHandle Connect()
    {
        SdBus.Check(SdBus.New(out var bus), "sd_bus_new");
        _bus = bus;
        SdBus.Check(SdBus.SetAddress(bus, BusAddress.OfSocket(_socketPath)), "sd_bus_set_address");
        SdBus.Check(SdBus.SetBusClient(bus, 1), "sd_bus_set_bus_client");
        SdBus.Check(SdBus.Start(bus), "connect");
        return bus;
    }

    /// <summary>Serves the connection until it ends; returns why it did.</summary>
    private string Pump(SdBusHandle bus)
    {
        while (!_stopping)
        {
            RunPosted(bus);
            var processed = Process(bus);
            if (processed < 0)
                return SdBus.ErrorText(processed);
            if (!_ready.Task.IsCompleted && SdBus.IsReady(bus) > 0)
                _ready.TrySetResult();
            if (processed == 0)
                Wait(bus);
        }

        return "it was closed on this side";
    }

    private static unsafe int Process(SdBusHandle bus) => SdBus.Process(bus, null);

    private void RunPosted(SdBusHandle bus)
    {
        List<(Action<SdBusHandle> Work, NativeSlot Slot)> posted;
        lock (_lock)
        {
            if (_posted.Count == 0)
                return;
            (posted, _posted) = (_posted, []);
        }

        foreach (var (work, slot) in posted)
        {
            try
            {
                work(bus);
            }
            // One call that cannot be sent is its caller's matter, not the connection's.
            catch (Exception e)
            {
                slot.Fail(e);
            }
        }
    }

    private unsafe void Wait(SdBusHandle bus)
    {
        var events = SdBus.GetEvents(bus);
        // An error here means that the connection is being wound up; processing says the reason.
        if (events < 0 || SdBus.GetTimeout(bus, out var until) < 0)
            return;
        var fds = stackalloc PollFd[2];
        fds[0] = new PollFd { Fd = SdBus.Check(SdBus.GetFd(bus), "sd_bus_get_fd"), Events = (short)events };
        fds[1] = new PollFd { Fd = (int)_wake.DangerousGetHandle(), Events = PollFd.In };
        var result = Libc.Poll(fds, 2, MillisecondsUntil(until));
        if (result < 0 && Marshal.GetLastPInvokeError() != Libc.Interrupted)
            throw new IOException($"poll: {Marshal.GetLastPInvokeErrorMessage()}");
        if (fds[1].ReturnedEvents != 0)
            Libc.Clear(_wake);
    }

    /// <summary>Converts an instant of CLOCK_MONOTONIC, which is also what <see cref="Stopwatch"/> reads on Linux.</summary>
    private static int MillisecondsUntil(ulong microseconds)
    {
        if (microseconds == SdBus.Forever)
            return -1;
        var now = (ulong)(Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000));
        return microseconds <= now ? 0 : (int)Math.Min((microseconds - now + 999) / 1000, int.MaxValue);
    }

    private void End(BusException reason)
    {
        List<(Action<SdBusHandle> Work, NativeSlot Slot)> unsent;
        lock (_lock)
        {
            _ended = reason;
            (unsent, _posted) = (_posted, []);
        }

        foreach (var slot in _slots)
        {
            // A slot holds a reference to its bus: all of them go first, or the bus is never freed.
            slot.Release();
            slot.Fail(reason);
        }

        _slots.Clear();
        foreach (var (_, slot) in unsent)
            slot.Fail(reason);
        if (_bus is null)
            return;
        SdBus.Close(_bus);
        _bus.Dispose();
    }
}
