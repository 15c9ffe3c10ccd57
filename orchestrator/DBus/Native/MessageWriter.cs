using System.Text;

namespace HostSwap.Orchestrator.DBus.Native;

/// <summary>Appends values to a message. Only on the loop's thread.</summary>
internal static unsafe class MessageWriter
{
    /// <summary>Makes the message of a call.</summary>
    public static SdMessageHandle Build(SdBusHandle bus, BusCall call)
    {
        var result = SdMessage.NewMethodCall(
            bus, out var message, call.Destination, call.Path, call.Interface, call.Member);
        try
        {
            SdBus.Check(result, "sd_bus_message_new_method_call");
            foreach (var argument in call.Arguments)
                Append(message, argument);
            return message;
        }
        catch
        {
            message.Dispose();
            throw;
        }
    }

    private static void Append(SdMessageHandle message, BusValue value)
    {
        var type = (byte)value.Signature[0];
        switch (value.Content)
        {
            case bool v: AppendFixed(message, type, v ? 1 : 0); break;
            case byte v: AppendFixed(message, type, v); break;
            case short v: AppendFixed(message, type, v); break;
            case ushort v: AppendFixed(message, type, v); break;
            case int v: AppendFixed(message, type, v); break;
            case uint v: AppendFixed(message, type, v); break;
            case long v: AppendFixed(message, type, v); break;
            case ulong v: AppendFixed(message, type, v); break;
            case double v: AppendFixed(message, type, v); break;
            case string v: AppendText(message, type, v); break;
            case BusValue v: AppendContainer(message, (byte)'v', v.Signature, [v]); break;
            case BusValue[] v when type == 'a': AppendContainer(message, type, value.Signature[1..], v); break;
            case BusValue[] v when type == '(': AppendContainer(message, (byte)'r', value.Signature[1..^1], v); break;
            case BusValue[] v when type == '{': AppendContainer(message, (byte)'e', value.Signature[1..^1], v); break;
            default: throw new BusFormatException("a value that can be sent", value.Signature);
        }
    }

    private static void AppendFixed<T>(SdMessageHandle message, byte type, T value)
        where T : unmanaged => SdBus.Check(SdMessage.AppendBasic(message, type, &value), "sd_bus_message_append_basic");

    private static void AppendText(SdMessageHandle message, byte type, string text)
    {
        // A C string would end there, and something other than what was asked for would be sent.
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new BusFormatException("text without NUL characters", "text with one");
        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        fixed (byte* first = bytes)
            SdBus.Check(SdMessage.AppendBasic(message, type, first), "sd_bus_message_append_basic");
    }

    private static void AppendContainer(SdMessageHandle message, byte type, string contents, BusValue[] items)
    {
        SdBus.Check(SdMessage.OpenContainer(message, type, contents), "sd_bus_message_open_container");
        foreach (var item in items)
            Append(message, item);
        SdBus.Check(SdMessage.CloseContainer(message), "sd_bus_message_close_container");
    }
}
