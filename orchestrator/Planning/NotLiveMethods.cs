namespace HostSwap.Orchestrator.Planning;

/// <summary>The ways in which a VM that runs can be moved otherwise than as it runs.</summary>
[Flags]
public enum NotLiveMethods
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Shut down and started again.</summary>
    Restart = 1,

    /// <summary>Saved and restored.</summary>
    SaveRestore = 2,

    /// <summary>Moved as it runs, without a device that it gets back after.</summary>
    DetachReattach = 4,
}
