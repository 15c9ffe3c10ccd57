namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>How every call of an adapter passes the gate, reads or changes the world, and has it checked.</summary>
internal abstract class ModelAdapter(ModelWorld world, FaultGate gate)
{
    protected ModelWorld World => world;

    protected FaultGate Gate => gate;

    /// <summary>A call that only reads.</summary>
    protected async Task<T> ReadAsync<T>(Func<T> read)
    {
        await Task.CompletedTask; // An exception belongs into the task.
        gate.Enter();
        var seen = read();
        gate.Leave();
        return seen;
    }

    /// <summary>A call that changes something: the journal must know of it by then.</summary>
    protected Task ChangeAsync(string what, Action change) => ReadAsync(() =>
    {
        if (gate.OpenIntents == 0)
            world.Break($"the journal does not know of '{what}'");
        change();
        world.Check();
        return true;
    });
}
