using System.Runtime.InteropServices;

namespace HostSwap.Orchestrator.DBus.Native;

/// <summary>
/// sd-bus (<c>libsystemd.so.0</c>, sd-bus(3)). Calls return a negative errno on failure. A bus and everything made
/// from it belong to one thread: here, to the thread of a <see cref="BusLoop"/>.
/// </summary>
internal static unsafe partial class SdBus
{
    /// <summary><c>UINT64_MAX</c>: no time-out.</summary>
    public const ulong Forever = ulong.MaxValue;

    private const string Library = "libsystemd.so.0";

    [LibraryImport(Library, EntryPoint = "sd_bus_new")]
    public static partial int New(out SdBusHandle bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_set_address", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetAddress(SdBusHandle bus, string address);

    [LibraryImport(Library, EntryPoint = "sd_bus_set_bus_client")]
    public static partial int SetBusClient(SdBusHandle bus, int isClient);

    [LibraryImport(Library, EntryPoint = "sd_bus_start")]
    public static partial int Start(SdBusHandle bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_close")]
    public static partial void Close(SdBusHandle bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_unref")]
    public static partial nint Unref(nint bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_is_ready")]
    public static partial int IsReady(SdBusHandle bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_is_open")]
    public static partial int IsOpen(SdBusHandle bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_get_fd")]
    public static partial int GetFd(SdBusHandle bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_get_events")]
    public static partial int GetEvents(SdBusHandle bus);

    /// <summary>Gives the next instant at which to process, in microseconds of CLOCK_MONOTONIC.</summary>
    [LibraryImport(Library, EntryPoint = "sd_bus_get_timeout")]
    public static partial int GetTimeout(SdBusHandle bus, out ulong microseconds);

    [LibraryImport(Library, EntryPoint = "sd_bus_process")]
    public static partial int Process(SdBusHandle bus, nint* message);

    [LibraryImport(Library, EntryPoint = "sd_bus_call_async")]
    public static partial int CallAsync(
        SdBusHandle bus,
        out nint slot,
        SdMessageHandle message,
        delegate* unmanaged[Cdecl]<nint, nint, nint, int> callback,
        nint state,
        ulong microseconds);

    [LibraryImport(Library, EntryPoint = "sd_bus_add_match_async", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int AddMatchAsync(
        SdBusHandle bus,
        out nint slot,
        string match,
        delegate* unmanaged[Cdecl]<nint, nint, nint, int> callback,
        delegate* unmanaged[Cdecl]<nint, nint, nint, int> installed,
        nint state);

    [LibraryImport(Library, EntryPoint = "sd_bus_slot_unref")]
    public static partial nint SlotUnref(nint slot);

    /// <summary>Turns a negative errno into an exception that says which call of sd-bus failed.</summary>
    public static int Check(int result, string function)
    {
        if (result < 0)
            throw new IOException($"{function}: {ErrorText(result)}");
        return result;
    }

    /// <summary>Words for a negative errno.</summary>
    public static string ErrorText(int result) => Marshal.GetPInvokeErrorMessage(-result);
}

/// <summary>A reference to an <c>sd_bus</c>.</summary>
internal sealed class SdBusHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        SdBus.Unref(handle);
        return true;
    }
}

/// <summary>A reference to an <c>sd_bus_message</c> that we made.</summary>
internal sealed class SdMessageHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        SdMessage.Unref(handle);
        return true;
    }
}
