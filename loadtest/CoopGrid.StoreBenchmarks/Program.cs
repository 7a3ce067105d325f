using CoopGrid.StoreBenchmarks;

return args is ["closing", .. string[] rest] ? await ClosingCommand.RunAsync(rest) : ClosingCommand.Usage();
