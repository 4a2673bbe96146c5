/* sal.h - Microsoft's annotations of parameters, which say nothing here. */
#ifndef PORTRES_WS_SAL_H
#define PORTRES_WS_SAL_H

#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif

#define _In_
#define _In_opt_
#define _In_z_
#define _In_opt_z_
#define _In_range_(low, high)
#define _In_reads_(count)
#define _In_reads_z_(count)
#define _In_reads_opt_(count)
#define _In_reads_bytes_(count)
#define _In_reads_bytes_opt_(count)
#define _Out_
#define _Out_opt_
#define _Out_writes_(count)
#define _Out_writes_z_(count)
#define _Out_writes_opt_(count)
#define _Out_writes_to_(count, used)
#define _Out_writes_bytes_(count)
#define _Out_writes_bytes_opt_(count)
#define _Out_writes_bytes_to_(count, used)
#define _Out_writes_bytes_to_opt_(count, used)
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_maybenull_
#define _Inout_
#define _Inout_opt_
#define _Inout_updates_(count)
#define _Inout_updates_bytes_(count)
#define _Ret_maybenull_
#define _Ret_notnull_
#define _Success_(expression)
#define _Must_inspect_result_
#define _Check_return_
#define _Use_decl_annotations_
#define _Pre_
#define _Post_
#define _Field_size_(count)
#define _Field_size_bytes_(count)
#define _Reserved_
#define _Printf_format_string_
#define _When_(condition, annotations)
#define _At_(target, annotations)
#define _Analysis_assume_(expression) ((void)0)
#define _IRQL_requires_(level)
#define _IRQL_requires_max_(level)
#define _IRQL_requires_same_

#endif
