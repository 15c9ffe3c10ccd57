using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HostSwap.Orchestrator.DBus.Native;

/// <summary>
/// Something that sd-bus calls back: a pending call or a subscription. It is alive from <see cref="Start"/> to
/// <see cref="Release"/>, both on the loop's thread, and the loop keeps the list of those alive.
/// </summary>
internal abstract unsafe class NativeSlot
{
    private nint _slot;
    private GCHandle _self;

    /// <summary>Asks sd-bus for the callbacks. Only on the loop's thread.</summary>
    public void Start(SdBusHandle bus)
    {
        _self = GCHandle.Alloc(this);
        try
        {
            _slot = Register(bus, GCHandle.ToIntPtr(_self));
        }
        catch
        {
            _self.Free();
            throw;
        }
    }

    /// <summary>Ends the callbacks; sd-bus forgets the call or the match. Only on the loop's thread.</summary>
    public void Release()
    {
        if (!_self.IsAllocated)
            return;
        _self.Free();
        SdBus.SlotUnref(_slot);
        _slot = 0;
    }

    /// <summary>Tells whoever waits for this that it failed. On any thread.</summary>
    public abstract void Fail(Exception reason);

    /// <summary>Makes the slot, with <paramref name="state"/> as what sd-bus hands to its callbacks.</summary>
    protected abstract nint Register(SdBusHandle bus, nint state);

    /// <summary>Handles a reply or a signal.</summary>
    protected abstract void OnMessage(nint message);

    /// <summary>Handles the bus's answer to a subscription.</summary>
    protected virtual void OnInstalled(nint message)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    protected static int MessageCallback(nint message, nint state, nint error)
    {
        var self = Target(state);
        try
        {
            self.OnMessage(message);
        }
        // An exception must not pass through native frames; whoever waits gets it instead.
        catch (Exception e)
        {
            self.Fail(e);
        }

        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    protected static int InstalledCallback(nint message, nint state, nint error)
    {
        var self = Target(state);
        try
        {
            self.OnInstalled(message);
        }
        catch (Exception e)
        {
            self.Fail(e);
        }

        return 0;
    }

    private static NativeSlot Target(nint state) => (NativeSlot)GCHandle.FromIntPtr(state).Target!;
}
