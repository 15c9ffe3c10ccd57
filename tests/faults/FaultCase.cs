namespace HostSwap.Faults;

/// <summary>One row of the table of fault cases, made to happen for real, as often as it has variants.</summary>
/// <param name="number">Its number in the table.</param>
/// <param name="name">What happens, in a few words.</param>
internal abstract class FaultCase(int number, string name)
{
    /// <summary>Its number in the table.</summary>
    public int Number => number;

    /// <summary>What happens, in a few words.</summary>
    public string Name => name;

    /// <summary>Whether a sample of it belongs to the quick part.</summary>
    public virtual bool InQuickPart => true;

    /// <summary>How long all of its runs may take.</summary>
    public virtual TimeSpan Limit => TimeSpan.FromMinutes(20);

    /// <summary>Runs its variants on the bench.</summary>
    public abstract Task RunAsync(FaultBench bench, CancellationToken cancellationToken);
}
