using System.Runtime.InteropServices;

namespace HostSwap.Orchestrator.DBus.Native;

/// <summary>Messages of sd-bus (sd_bus_message_read_basic(3) and its neighbours).</summary>
internal static unsafe partial class SdMessage
{
    private const string Library = "libsystemd.so.0";

    [LibraryImport(
        Library, EntryPoint = "sd_bus_message_new_method_call", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int NewMethodCall(
        SdBusHandle bus,
        out SdMessageHandle message,
        string destination,
        string path,
        string @interface,
        string member);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_unref")]
    public static partial nint Unref(nint message);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_append_basic")]
    public static partial int AppendBasic(SdMessageHandle message, byte type, void* value);

    [LibraryImport(
        Library, EntryPoint = "sd_bus_message_open_container", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenContainer(SdMessageHandle message, byte type, string contents);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_close_container")]
    public static partial int CloseContainer(SdMessageHandle message);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_seal")]
    public static partial int Seal(SdMessageHandle message, ulong cookie, ulong microseconds);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_peek_type")]
    public static partial int PeekType(nint message, byte* type, byte** contents);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_read_basic")]
    public static partial int ReadBasic(nint message, byte type, void* value);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_enter_container")]
    public static partial int EnterContainer(nint message, byte type, byte* contents);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_exit_container")]
    public static partial int ExitContainer(nint message);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_get_error")]
    private static partial SdError* GetError(nint message);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_get_path")]
    private static partial byte* GetPath(nint message);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_get_member")]
    private static partial byte* GetMember(nint message);

    /// <summary>Name and text of an error reply; null of any other message.</summary>
    public static (string Name, string Text)? Error(nint message)
    {
        var error = GetError(message);
        return error is null ? null : (Text(error->Name), Text(error->Message));
    }

    /// <summary>The object that a signal comes from.</summary>
    public static string Path(nint message) => Text(GetPath(message));

    /// <summary>A signal's name.</summary>
    public static string Member(nint message) => Text(GetMember(message));

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    [StructLayout(LayoutKind.Sequential)]
    private struct SdError
    {
        public byte* Name;
        public byte* Message;
        public int NeedFree;
    }
}
