using HostSwap.Orchestrator.Configuration;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>What must be true of a VM at the end.</summary>
internal enum Expectation
{
    /// <summary>It runs, once.</summary>
    Runs,

    /// <summary>It is shut off.</summary>
    Off,

    /// <summary>Either: what happened to it leaves both open.</summary>
    Any,

    /// <summary>A transient VM whose host went down: it cannot be anywhere.</summary>
    Gone,
}

/// <summary>One VM as the script made it, and what is expected of it by now.</summary>
internal sealed class ModelVm(int number, bool runs, bool persistent, bool autostart, bool saved, NotLivePolicy? instead)
{
    public Guid Uuid { get; } = new(number, 0x4853, 0x4d44, [0x80, 0, 0, 0, 0, 0, 0, 1]);

    public string Name { get; } = $"vm{number}";

    public bool Persistent { get; } = persistent;

    public bool Autostart { get; } = autostart && persistent;

    /// <summary>Whether it is saved: its next start must restore its managed save image, and none after that may.</summary>
    public bool Saved { get; private set; } = saved && persistent && !runs;

    /// <summary>What becomes of it instead, where it never moves live.</summary>
    public NotLivePolicy? Instead { get; } = persistent ? instead : null;

    public Expectation Expected { get; private set; } = runs || !persistent ? Expectation.Runs : Expectation.Off;

    /// <summary>It was saved for its move.</summary>
    public void WasSaved() => Saved = true;

    /// <summary>It was started; says what is wrong with that.</summary>
    public string? HasStarted(bool fromImage)
    {
        var wrong = (Saved, fromImage) switch
        {
            (true, false) => $"{Name} was started without its managed save image",
            (false, true) => $"{Name} was started from a managed save image that was not its newest state",
            _ => null,
        };
        Saved = false;
        return wrong;
    }

    /// <summary>Its QEMU ended with its host container.</summary>
    public void HostWentDown() => Expected = !Persistent ? Expectation.Gone : Autostart ? Expectation.Runs : Instead is not null ? Expectation.Any : Expectation.Off;

    /// <summary>It was shut off, and its host container is to start anew: libvirt then starts what starts by itself.</summary>
    public void HostWentDownAround()
    {
        // One that was stopped for its move is started again by whoever resumes, or by libvirt.
        if ((Autostart && Expected == Expectation.Off) || Instead is not null)
            Expected = Expectation.Any;
    }

    /// <summary>Its QEMU ended, but the paused one that a cut migration left behind may go on for it.</summary>
    public void HostWentDownBesideLeftover() => Expected = Expectation.Any;
}
